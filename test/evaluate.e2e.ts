/** The built program measures prompts: on a set as downloaded, killed and gone on with, and in a grid. */

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-evaluate-"));
  const kinds = ["--categories", "washer,carpet", "--good", "8", "--per-defect", "2", "--size", "96"];
  await run("synth", "--out", "set", ...kinds);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...arguments_: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [program, ...arguments_], { cwd: folder });
}

/** Figures without what a run says of itself. */
async function figuresOf(out: string) {
  const { mean, classes, notes } = JSON.parse(await readFile(join(folder, out, "metrics.json"), "utf8"));
  return { mean, classes, notes };
}

test("an evaluation prints the table, and writes figures, tables and a report without scripts", async () => {
  const { stdout, stderr } = await run("evaluate", "set", "--out", "first", "--baselines", "clip-ac", "--markdown");
  expect(stdout).toMatch(/\| AnomalyCLIP \| washer \| +\d+\.\d \|/);
  expect(stdout).toMatch(/\| CLIP-AC \| mean \|/);
  expect(stderr).toContain("report.html");
  const report = await readFile(join(folder, "first", "report.html"), "utf8");
  expect(report).toContain("<svg");
  expect(report).not.toContain("<script");
});

test("an evaluation that is killed loses nothing, and ends in the same figures", async () => {
  await run("evaluate", "set", "--out", "unbroken");
  const child = spawn(process.execPath, [program, "evaluate", "set", "--out", "killed"], { cwd: folder });
  const scores = join(folder, "killed", "scores.jsonl");
  while (((await stat(scores).catch(() => null))?.size ?? 0) < 600) await setTimeout(5);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  const done = (await readFile(scores, "utf8")).trim().split("\n").length;
  const { stderr } = await run("evaluate", "set", "--out", "killed", "--resume");
  expect(stderr).toContain(`${done} of them done`);
  expect(await figuresOf("killed")).toEqual(await figuresOf("unbroken"));
});

test("a grid is learned and judged row by row, and goes on where it was", async () => {
  await writeFile(
    join(folder, "grid.yaml"),
    "title: Losses\nall: { epochs: 1 }\nrows:\n  - { name: hand-written, prompts: clip-ac }\n" +
      "  - { name: global, switches: { loss: global } }\n  - { name: both }\n",
  );
  const command = ["ablate", "grid.yaml", "--train", "set", "--test", "set", "--cache-dir", "features", "--csv"];
  const { stdout } = await run(...command, "--out", "grid");
  const lines = stdout.trim().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[2]).toMatch(/^set,global,0\.\d+,/);
  expect((await run(...command, "--out", "grid", "--resume")).stdout).toBe(stdout);
  expect(await readFile(join(folder, "grid", "ablation.md"), "utf8")).toContain("### Losses");
});

test("a benchmark that is not there, or half there, is one line and exit code 2", async () => {
  await expect(run("evaluate", "visa", "set")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^anomalyclip: set.*carpet.*VisA/),
  });
  await expect(run("evaluate", "vissa", "set")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^anomalyclip: .*visa/),
  });
});
