/** What `anomalyclip doctor` says to people. */

import { showBytes } from "../features/disk-space.ts";
import { printable } from "../printable.ts";
import type { DetectionPlan } from "./detection-plan.ts";
import type { Examination } from "./examine.ts";
import type { Runtime } from "./runtime.ts";
import type { PictureTime, Speed } from "./speed.ts";
import type { Storage, StoredModel } from "./storage.ts";
import type { System } from "./system.ts";

/** About one screen of text. */
export function describeExamination({ system, runtime, speed, storage, plan }: Examination): string {
  return [
    `anomalyclip ${system.version}, Node.js ${system.node}\n`,
    section("This machine", systemRows(system)),
    ...describeRuntime(runtime),
    ...(speed === null ? [] : [describeSpeed(speed)]),
    section("Models and files", storageRows(storage)),
    ...describePlan(plan),
  ].join("\n");
}

// --- internal ---

type Row = readonly [name: string, ...cells: string[]];

function systemRows({ operatingSystem, processor, cores, memory }: System): Row[] {
  return [
    ["operating system", operatingSystem],
    ["processor", `${processor}, ${cores === 1 ? "1 core" : `${cores} cores`}`],
    ["memory", `${showBytes(memory.total)}, ${showBytes(memory.available)} of it free`],
  ];
}

function describeRuntime({ version, providers, failure }: Runtime): string[] {
  if (failure !== undefined) {
    return [`ONNX Runtime, which computes the model, does not work:\n  ${printable(failure)}\n`];
  }
  const rows = providers.map(({ id, hardware, state, note }): Row => {
    return [id, state, state === "fails" ? `${hardware}: ${note}` : hardware];
  });
  const missing = providers.filter(({ state }) => state === "not installed");
  const hints = [...new Set(missing.map(({ note }) => note))].map((note) => {
    const names = missing.filter((one) => one.note === note).map(({ id }) => id);
    return `  to install ${names.join(" and ")}: ${printable(note!)}\n`;
  });
  return [section(`What can compute the model (--provider), by ONNX Runtime ${version}`, rows) + hints.join("")];
}

function describeSpeed({ rate, paper, embedded }: Speed): string {
  const [float32, int8] = [rate.float32, rate.int8].map((perSecond) => (perSecond / 1e9).toFixed(0));
  const rows: Row[] = [
    ["matrix products", `${float32} billion operations a second (GFLOP/s), ${int8} in 8 bits (--precision int8)`],
    ["small model", embedded === null ? "cannot be opened" : timeOf(embedded)],
    ["ViT-L/14@336px", `${timeOf(paper)}, ${secondsOf(paper.int8Seconds)} in 8 bits`],
  ];
  return section("Speed of the processor (cpu), times estimated", rows);
}

function storageRows({ embedded, cacheDir, free, models, features }: Storage): Row[] {
  const missing = models.filter(({ state }) => state === "missing");
  const names = missing.map(({ name, size }) => `${name} (${showBytes(size)})`).join(", ");
  const space = free === null ? "" : `, ${showBytes(free)} free on that disk`;
  return [
    ["small model", `${embedded.path}, ${embedded.bytes === null ? "MISSING" : showBytes(embedded.bytes)}`],
    ...models.filter((model) => !missing.includes(model)).map((model): Row => [model.name, describeModel(model)]),
    ...(missing.length === 0 ? [] : [["not here yet", `${names}: downloaded at the first use`] as Row]),
    ["downloads go to", `${cacheDir}${space}`],
    ["training cache", `${features.folder}, ${showBytes(features.bytes)}; safe to delete`],
  ];
}

function describeModel({ path, size, present, state }: StoredModel): string {
  if (state === "complete") return `${path}, ${showBytes(size)}`;
  if (state === "damaged") return `${path} has the wrong length; the next use downloads it anew`;
  return `${showBytes(present)} of ${showBytes(size)} are downloaded; the next use goes on`;
}

function describePlan(plan: DetectionPlan): string[] {
  if (!plan.works) return [`With these options "detect" does NOT work:\n  ${printable(plan.reason)}\n`];
  const { model, prompts, imageSize, provider, download } = plan;
  const small = (name: string) => (name === "embedded" ? "the small one in the package" : name);
  return [
    section('With these options "detect" works, and uses', [
      ["model", `${small(model)}${download === null ? "" : `, downloaded first: ${showBytes(download.size)}`}`],
      ["prompts", prompts === "embedded" ? "those of the small model" : prompts],
      ["image size", imageSize === null ? "known when the model is here" : `pictures are resized to ${imageSize} px`],
      ["computed on", `${provider}${provider === "cpu" ? ", one thread for each core" : ""}`],
    ]),
  ];
}

/** A title, and rows whose columns stand below each other. */
function section(title: string, rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map(printable));
  // The last column needs no padding.
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  "));
  return `${title}\n${lines.map((line) => `  ${line.trimEnd()}\n`).join("")}`;
}

function timeOf({ imageSize, float32Seconds }: PictureTime): string {
  return `about ${secondsOf(float32Seconds)} for a picture at ${imageSize} px`;
}

function secondsOf(seconds: number): string {
  return `${seconds < 9.95 ? seconds.toPrecision(2) : seconds.toFixed(0)} s`;
}
