/** A run of `anomalyclip compare-precision`: finds the pictures, shows progress, prints what was measured. */

import { comparePrecision, type PrecisionComparison, type Spread } from "../quantization/compare-precision.ts";
import { SITE_METHODS, type SiteMethod } from "../quantization/sites.ts";
import type { ComparePrecisionFlags } from "./compare-precision.ts";
import { modelOptionsOf } from "./detector-options.ts";
import { findImages } from "./find-images.ts";
import { count } from "./print-record.ts";
import { Progress } from "./progress.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the command; the exit code is left in `terminal`. */
export async function runComparePrecision(
  paths: readonly string[],
  flags: ComparePrecisionFlags,
  terminal: Terminal,
): Promise<void> {
  const images = await findImages(paths, {});
  const progress = new Progress(images.length, terminal.stderr);
  const stop = new StopRequest(terminal, (text) => progress.interrupt(() => terminal.stderr.write(`${text}\n`)));
  try {
    const comparison = await comparePrecision(images, {
      ...modelOptionsOf(flags, terminal),
      precision: flags.precision ?? "int8",
      threads: flags.threads,
      onPicture: () => progress.step(),
      signal: stop.signal,
    });
    progress.stop();
    const text = flags.json ? JSON.stringify(comparison) : describeComparison(comparison, flags.precision ?? "int8");
    terminal.stdout.write(`${text}\n`);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    terminal.exitCode = stop.exitCode ?? 0;
  } finally {
    progress.stop();
    stop.dispose();
  }
}

/** What was measured, as a table for people. */
export function describeComparison(comparison: PrecisionComparison, name: string): string {
  const { pictures, seconds, imageFeatures, patchFeatures, score, map, verdictsChanged, sites } = comparison;
  const percent = ({ mean, largest }: Spread) => `off by ${toPercent(mean)} on average, ${toPercent(largest)} at most`;
  const plain = ({ mean, largest }: Spread) => `off by ${short(mean)} on average, ${short(largest)} at most`;
  const pace = seconds.reference / seconds.candidate;
  const rows: [string, string][] = [
    [
      "seconds a picture",
      `${short(seconds.candidate)}, fp32 ${short(seconds.reference)}: ${pace.toFixed(2)} times as fast`,
    ],
    ["image features", percent(imageFeatures)],
    ["patch features", percent(patchFeatures)],
    ["score, 0 to 1", plain(score)],
    ["map, 0 to 1 a layer", plain(map)],
    ["verdicts that change", `${verdictsChanged} of ${pictures}`],
  ];
  if (sites !== null) {
    const used = SITE_METHODS.filter((method) => sites[method].count > 0).map((method) => {
      const { count: number, largestError } = sites[method];
      return `${number} ${METHOD_WORDS[method]}${method === "fp32" ? "" : ` (${toPercent(largestError)} at most)`}`;
    });
    rows.push(["groups of layers", used.join(", ")]);
  }
  return [
    `${name} against fp32, on ${count(pictures)}:`,
    ...rows.map(([label, text]) => `  ${label.padEnd(21)} ${text}`),
  ].join("\n");
}

// --- internal ---

const METHOD_WORDS: Record<SiteMethod, string> = {
  int8: "in int8",
  "int8-smoothed": "in int8 with smoothed activations",
  "int8-blocks": "in int8 by blocks",
  fp32: "left in fp32",
};

function toPercent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function short(value: number): string {
  return value === 0 ? "0" : value.toPrecision(2).includes("e") ? value.toExponential(1) : value.toPrecision(2);
}
