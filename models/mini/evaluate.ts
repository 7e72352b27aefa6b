/**
 * The embedded model's figures, as Markdown tables: on procedural categories and kinds of defects that it never saw, and
 * on photographs where they are at hand:
 *
 *   npm run mini:evaluate -- [--real FOLDER] [--each 30] [--sets held-out,real] [--write]
 *   npm run mini:evaluate -- --precisions fp32,int8 [--real FOLDER]
 *
 * `--precisions` compares precisions, without the hand-written prompts.
 * `--write` puts the figures into the model card and the README, between their `figures` comments.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { HandWritten } from "../../src/anomalyclip/hand-written-prompts.ts";
import type { Precision } from "../../src/anomalyclip/settings.ts";
import { categories } from "../../src/datasets/procedural/categories.ts";
import { defects } from "../../src/datasets/procedural/defects.ts";
import { writeProceduralSet } from "../../src/datasets/procedural/write.ts";
import { type MetricsRow, markdownTable } from "../../src/evaluation/metrics-table.ts";
import { runEvaluation } from "../../src/evaluation/run-evaluation.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    prompts: { type: "string" },
    real: { type: "string" },
    each: { type: "string", default: "30" },
    sets: { type: "string", default: "seen,kinds,held-out,real" },
    precisions: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});

/** What is evaluated: a set as `openDataset` takes it. */
interface Part {
  id: string;
  title: string;
  /** Where the set is, or how it is drawn into a folder. */
  data: string | ((folder: string) => Promise<unknown>);
}

type Half = "train" | "held-out";

const PRECISIONS = options.precisions === "" ? [] : options.precisions.split(",");
const METRICS = ["image-auroc", "image-ap", "pixel-auroc", "aupro", "aupro-200"] as const;
const BASELINES: readonly HandWritten[] = ["clip", "clip-ac"];

const parts: Part[] = [
  drawn("seen", "procedural, training categories and kinds (new pictures)", "train", "train"),
  drawn("kinds", "procedural, held-out categories, training kinds of defects", "held-out", "train"),
  drawn("held-out", "procedural, held-out categories and held-out kinds", "held-out", "held-out"),
  ...(options.real
    ? [
        { title: "magnetic tile (photographs)", data: `folder=${options.real}/magnetic-tile` },
        { title: "KolektorSDD (photographs)", data: `folder=${options.real}/kolektor-sdd` },
        { title: "brain MRI (photographs, no masks)", data: `folder=${options.real}/brain-mri` },
      ].map((part) => ({ id: "real", ...part }))
    : []),
];

const scratch = await mkdtemp(join(tmpdir(), "anomalyclip-evaluation-"));
const rows: MetricsRow[] = [];
try {
  for (const [i, { title, data }] of parts.filter(({ id }) => options.sets.split(",").includes(id)).entries()) {
    const folder = join(scratch, `set-${i}`);
    if (typeof data !== "string") await data(folder);
    for (const precision of PRECISIONS.length > 0 ? PRECISIONS : ["fp32"]) {
      const { evaluation } = await runEvaluation({
        data: typeof data === "string" ? data : folder,
        out: join(scratch, `evaluation-${i}-${precision}`),
        model: options.model,
        prompts: options.prompts ? [options.prompts] : undefined,
        baselines: PRECISIONS.length > 0 ? [] : BASELINES,
        metrics: METRICS,
        // The small model does not know the names of all classes.
        object: "object",
        precision: precision as Precision,
      });
      for (const [method, figures] of Object.entries(evaluation!.mean)) {
        rows.push({ labels: [title, PRECISIONS.length > 0 ? precision : method], figures });
      }
    }
    await rm(folder, { recursive: true, force: true });
  }
} finally {
  await rm(scratch, { recursive: true });
}
const table = markdownTable({ labels: ["Pictures", "Method"], metrics: METRICS, rows });
console.log(table);
if (options.write) {
  for (const file of ["models/mini/README.md", "README.md"]) await insert(file, table);
}

/** As many normal pictures of each category as abnormal ones, or nearly. */
function drawn(id: string, title: string, categoryHalf: Half, defectHalf: Half): Part {
  const each = Number(options.each);
  const ofHalf = categories.filter(({ split }) => split === categoryHalf);
  const kinds = defects.filter(({ split }) => split === defectHalf);
  const perCategory = ofHalf.map((category) => kinds.filter((kind) => kind.appliesTo(category)).length);
  const meanKinds = perCategory.reduce((sum, count) => sum + count, 0) / perCategory.length;
  const data = (folder: string) =>
    writeProceduralSet(folder, {
      split: categoryHalf,
      defectSplit: defectHalf,
      good: each,
      perDefect: Math.max(1, Math.round(each / meanKinds)),
      seed: 2,
    });
  return { id, title, data };
}

async function insert(file: string, text: string): Promise<void> {
  const before = await readFile(file, "utf8");
  const after = before.replace(
    /(<!-- figures -->\n)[\s\S]*?(\n<!-- end of figures -->)/,
    (_, start, end) => `${start}\n${text}${end}`,
  );
  if (after === before && !before.includes(text)) throw new Error(`${file} has no place for figures`);
  await writeFile(file, after);
}
