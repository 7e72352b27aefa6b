/** The built program on the example pictures, as the README shows it. */

import { execFile, spawn } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeNpy } from "../src/image/npy.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = join(root, "examples");
const prompts = join(root, "test", "reference", "prompts.pth");
const program = join(root, "dist", "cli", "main.js");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-e2e-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the program to its end. */
async function run(...arguments_: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = promisify(execFile)(process.execPath, [program, ...arguments_], { cwd: folder });
  try {
    return { code: 0, ...(await child) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

const records = async (out: string) =>
  (await readFile(join(out, "results.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const pictures = async () => (await readdir(examples)).filter((name) => name.endsWith(".png"));

test("detection on the examples writes a result, an overlay and a map for each picture, and a report", async () => {
  const out = join(folder, "out");
  const { code, stdout } = await run("detect", examples, "--out", out, "--maps", "npy");
  expect(code).toBe(0);
  const names = await pictures();
  const results = await records(out);
  expect(results).toHaveLength(names.length);
  for (const result of results) {
    expect(result.score).toBeGreaterThan(0);
    expect(result.score).toBeLessThan(1);
    const overlay = await sharp(join(out, result.overlay)).metadata();
    expect([overlay.width, overlay.height]).toEqual([result.width, result.height]);
    const map = decodeNpy(await readFile(join(out, result.map)));
    expect(Math.max(...map.data)).toBeCloseTo(result.mapMax, 5);
    expect(stdout).toContain(result.verdict);
  }
  const csv = (await readFile(join(out, "results.csv"), "utf8")).trim().split("\n");
  expect(csv).toHaveLength(names.length + 1);
  const report = await readFile(join(out, "report.html"), "utf8");
  for (const name of names) {
    expect(report).toContain(name);
  }
  expect(report).not.toMatch(/(src|href)="https?:/);
});

test("the embedded model tells damaged examples from sound ones more often than not", async () => {
  const { stdout } = await run("detect", examples, "--no-out", "--json");
  const results = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const scores = (good: boolean) =>
    results.filter(({ image }) => image.includes("good") === good).map(({ score }) => score as number);
  let ordered = 0;
  for (const damaged of scores(false)) {
    ordered += scores(true).filter((sound) => damaged > sound).length;
  }
  expect(ordered / (scores(false).length * scores(true).length)).toBeGreaterThan(0.6);
});

test("a run killed in the middle is completed by --resume, without doing anything twice", async () => {
  const out = join(folder, "out");
  const child = spawn(process.execPath, [program, "detect", examples, "--out", out], {
    cwd: folder,
    stdio: "ignore",
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  for (let waited = 0; waited < 600; waited++) {
    const done = await readFile(join(out, "results.jsonl"), "utf8").catch(() => "");
    if (done.split("\n").length > 3) {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGKILL");
  await exited;
  const before = await records(out).catch(() => []);
  expect(before.length).toBeGreaterThan(0);
  const { code } = await run("detect", examples, "--out", out, "--resume");
  expect(code).toBe(0);
  const images = (await records(out)).map(({ image }) => image);
  expect(images).toHaveLength((await pictures()).length);
  expect(new Set(images).size).toBe(images.length);
});

test("broken pictures are named in one line each, the others go on, and the exit code is 1", async () => {
  await copyFile(join(examples, "gear-good.png"), join(folder, "good.png"));
  const whole = await readFile(join(examples, "gear-chip.png"));
  await writeFile(join(folder, "truncated.png"), whole.subarray(0, whole.length >> 1));
  await writeFile(join(folder, "empty.jpg"), "");
  await writeFile(join(folder, "text.png"), "not a picture");
  const { code, stderr } = await run("detect", ".", "--out", "out");
  expect(code).toBe(1);
  for (const name of ["truncated.png", "empty.jpg", "text.png"]) {
    expect(stderr.split("\n").filter((line) => line.includes(name))).toHaveLength(1);
  }
  expect(stderr).toMatch(/3 .*failed/);
  const results = await records(join(folder, "out"));
  expect(results.filter(({ error }) => error === undefined).map(({ image }) => image)).toEqual(["good.png"]);
});

test.each([
  [["detect", "nowhere.png"], /nowhere\.png/],
  [["detect", examples, "--image-size", "abc"], /image-size/],
  [["detect", examples, "--image-size", "100"], /not a multiple of the model's patch size 16; use 96 or 112/],
  [["detect", examples, "--layers", "99"], /layer 99 does not exist/],
  [["detect", examples, "--model", "ViT-Z/9"], /needs prompts learned for it/],
  [["detect", examples, "--model", "ViT-Z/9", "--prompts", prompts], /known: ViT-L\/14@336px/],
  [["detect", examples, "--prompts", join(examples, "gear-good.png")], /gear-good\.png/],
  [["frobnicate"], /frobnicate/],
])("%j is one clear line and exit code 2", async (arguments_, message) => {
  const { code, stderr } = await run(...arguments_);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("synth draws a data set that detect can read", async () => {
  const set = join(folder, "set");
  const { code } = await run(
    "synth",
    "--out",
    set,
    "--categories",
    "gear",
    "--good",
    "1",
    "--per-defect",
    "1",
    "--size",
    "64",
  );
  expect(code).toBe(0);
  const detected = await run("detect", join(set, "gear", "test"), "--no-out", "--json");
  expect(detected.code).toBe(0);
  expect(detected.stdout.trim().split("\n").length).toBeGreaterThan(3);
});

test("the package holds the program, its types and the embedded model, and no sources of tests", async () => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json"], { cwd: root });
  const files: string[] = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path);
  expect(files).toEqual(
    expect.arrayContaining([
      "dist/cli/main.js",
      "dist/index.js",
      "dist/index.d.ts",
      "models/mini/clip.safetensors",
      "models/mini/prompts.safetensors",
      "LICENSE",
      "README.md",
    ]),
  );
  expect(files.filter((path) => /test|fixture/.test(path))).toEqual([]);
});
