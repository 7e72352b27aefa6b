/** Evaluations for tests of the report. */

import type { ClassEvaluation, Evaluation, MethodResult } from "../evaluation.ts";

/** Markup, quotes, a control character and one that turns the direction of text. */
export const EVIL = `<script>alert(1)</script>"'&\u202e\u0000`;

export const RISING = [
  [0, 0],
  [0.5, 0.9],
  [1, 1],
] as const;

export function methodResult(changes: Partial<MethodResult> = {}): MethodResult {
  return {
    metrics: { "image-auroc": { value: 0.915 }, "aupro-200": { value: 0.8144 } },
    scores: { normal: [0.1, 0.2, 0.4], abnormal: [0.3, 0.8, 0.9] },
    scoreThreshold: 0.3,
    mapThreshold: 0.5,
    curves: { imageRoc: RISING, pixelRoc: RISING, regionOverlap: RISING },
    ...changes,
  };
}

/** A class with the same result under every method. */
export function classEvaluation(
  className: string,
  result: MethodResult = methodResult(),
  methods: readonly string[] = ["AnomalyCLIP"],
): ClassEvaluation {
  const results = Object.fromEntries(methods.map((name) => [name, result]));
  return { className, normal: 3, abnormal: 3, withMask: 3, failed: 0, methods: results };
}

/** One class, one method, two metrics, nothing published. */
export function evaluationOf(changes: Partial<Evaluation> = {}): Evaluation {
  const methods = changes.methods ?? [{ name: "AnomalyCLIP", description: "learned prompts" }];
  const figures = { "image-auroc": { value: 0.915 }, "aupro-200": { value: 0.8144 } } as const;
  return {
    dataset: { id: null, title: "bottles" },
    methods,
    metrics: ["image-auroc", "aupro-200"],
    classes: [
      classEvaluation(
        "bottle",
        methodResult(),
        methods.map(({ name }) => name),
      ),
    ],
    mean: Object.fromEntries(methods.map(({ name }) => [name, figures])),
    published: {},
    notes: [],
    protocol: { threshold: 0.5 },
    ...changes,
  };
}

/** The text of every cell of every table, row by row; footnotes as `(1)`. */
export function tablesIn(html: string): string[][][] {
  const text = (cell: string) =>
    cell
      .replace(/<sup>(\d+)<\/sup>/g, "($1)")
      .replace(/<[^>]*>/g, "")
      .replaceAll("\u2011", "-");
  return [...html.matchAll(/<table.*?<\/table>/gs)].map(([table]) =>
    [...table.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map((match) => text(match[1]!)),
    ),
  );
}
