/**
 * All benches, one after another, each in a process of its own; then one table, and the same as JSON.
 *
 *   npm run bench                       about 25 minutes on two cores
 *   npm run bench -- encoder metrics    these only
 *   npm run bench -- --json FILE        default: bench/figures.json
 *
 * A ratio is to the machine's own rate, measured in the same process: how many times as long as the matrix products of the
 * work alone would take (encoder, training), the model alone (pipeline), sorting the same
 * pixels (metrics), one thread (procedural), or the command line (service). Those of
 * the embedded model and the service need `npm run build`.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Figure } from "./record.ts";

const BENCHES = ["encoder", "pipeline", "training", "metrics", "memory", "procedural", "embedded", "service"] as const;

const { values, positionals } = parseArgs({
  options: { json: { type: "string", default: fileURLToPath(new URL("figures.json", import.meta.url)) } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !(BENCHES as readonly string[]).includes(name));
if (unknown !== undefined) {
  console.error(`no bench is called ${unknown}; there are ${BENCHES.join(", ")}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "anomalyclip-bench-"));
try {
  const file = join(folder, "figures.jsonl");
  writeFileSync(file, "");
  for (const name of positionals.length > 0 ? positionals : BENCHES) {
    console.log(`\n${name}`);
    const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
    const env = { ...process.env, BENCH_FIGURES: file };
    const { status } = spawnSync(process.execPath, [...process.execArgv, script], { stdio: "inherit", env });
    if (status !== 0) process.exitCode = 1;
  }
  const lines = readFileSync(file, "utf8").split("\n");
  const figures = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Figure);
  print(figures);
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    at: new Date().toISOString(),
  };
  writeFileSync(values.json, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
  console.log(`\nwritten to ${values.json}`);
} finally {
  rmSync(folder, { recursive: true });
}

function print(figures: readonly Figure[]): void {
  const rows = figures.map(({ bench, name, value, unit, ratio }) => [
    bench,
    name,
    `${value.toPrecision(3)} ${unit}`,
    ratio === undefined ? "" : ratio.toFixed(2),
  ]);
  const table = [["bench", "what", "figure", "ratio"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log("");
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
}
