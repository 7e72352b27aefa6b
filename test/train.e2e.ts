/** The built program learns prompts: from a folder to prompts that detection takes, killed and gone on with, and as the released code does. */

import { execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodePng } from "../src/image/encode.ts";
import { Random } from "../src/random.ts";
import { type PromptCheckpoint, readPromptCheckpoint } from "../src/weights/prompt-checkpoint.ts";
import { expectedTensor, reference, referencePath, relativeL2 } from "./reference/reference.ts";

/** How often a training is killed; more with `KILLS=20 npm run test:e2e -- -t killed`. */
const KILLS = Number(process.env.KILLS ?? 3);
const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

let folder: string;
let set: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-train-"));
  set = join(folder, "set");
  const kinds = ["--categories", "washer,carpet", "--good", "6", "--per-defect", "2", "--size", "96"];
  await run("synth", "--out", set, ...kinds);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...arguments_: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [program, ...arguments_], { cwd: folder });
}

/** The files that a training leaves, but for those that tell the time. */
async function bytesOf(out: string): Promise<Record<string, string>> {
  const names = (await readdir(out, { recursive: true })).filter((name) => name.endsWith(".safetensors"));
  const entries = names.sort().map(async (name) => [name, (await readFile(join(out, name))).toString("base64")]);
  return Object.fromEntries(await Promise.all(entries));
}

test("prompts are learned from a folder, and detection takes them", async () => {
  const { stdout, stderr } = await run("train", set, "--out", "first", "--epochs", "2", "--cache-dir", "features");
  expect(stdout.trim()).toBe(join("first", "prompts.safetensors"));
  expect(stderr).toMatch(/epoch 2 of 2: loss \d/);
  expect(await readFile(join(folder, "first", "report.html"), "utf8")).toContain("<svg");
  const model = fileURLToPath(new URL("../models/mini/clip.safetensors", import.meta.url));
  const picture = join(set, "washer", "test", "good");
  const found = await run("detect", picture, "--model", model, "--prompts", stdout.trim(), "--no-out", "--json");
  const scores = found.stdout.trim().split("\n");
  expect(scores).toHaveLength((await readdir(picture)).length);
  expect(JSON.parse(scores[0]!).score).toBeGreaterThan(0);
  // Learning again with other options finds all features.
  const again = await run("train", set, "--out", "second", "--epochs", "1", "--decoupled", "--cache-dir", "features");
  expect(again.stderr).toMatch(/features of (\d+) of \1 pictures are cached/);
});

test("a training that is killed at any moment and gone on with leaves the bytes of an unbroken one", async () => {
  const command = ["train", set, "--epochs", "8", "--batch-size", "4"];
  const started = performance.now();
  await run(...command, "--out", "unbroken", "--cache-dir", "unbroken-features");
  const duration = performance.now() - started;
  const wanted = await bytesOf(join(folder, "unbroken"));
  expect(Object.keys(wanted)).toHaveLength(9);
  const random = new Random(KILLS);
  let broken = 0;
  for (let trial = 0; trial < KILLS; trial++) {
    const out = `killed-${trial}`;
    const places = ["--out", out, "--cache-dir", `${out}-features`];
    const child = spawn(process.execPath, [program, ...command, ...places], { cwd: folder, stdio: "ignore" });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on("exit", (_, signal) => resolve(signal)));
    const timer = setTimeout(() => child.kill("SIGKILL"), random.next() * duration);
    if ((await ended) === "SIGKILL") broken++;
    clearTimeout(timer);
    await run(...command, ...places, "--resume");
    expect(await bytesOf(join(folder, out)), `trial ${trial}`).toEqual(wanted);
  }
  // Some may have come to their end before the moment they were to be killed at.
  expect(broken).toBeGreaterThan(KILLS / 2);
});

test("three steps are those of the released code", async () => {
  const data = join(folder, "reference");
  await mkdir(join(data, "masks"), { recursive: true });
  await cp(referencePath("images"), data, { recursive: true });
  const masks = await expectedTensor("train/masks");
  const { values: labels } = await expectedTensor("train/labels");
  const size = reference.image_size;
  const pictures = ["rgb-large.png", "portrait.jpg", "square.png"];
  const samples = pictures.map(async (name, i) => {
    const mask = masks.values.subarray(i * size * size, (i + 1) * size * size);
    const pixels = Uint8Array.from({ length: 3 * size * size }, (_, k) => 255 * mask[Math.floor(k / 3)]!);
    await writeFile(join(data, "masks", `${i}.png`), await encodePng({ width: size, height: size, data: pixels }));
    const anomaly = labels[i]!;
    return { img_path: name, mask_path: anomaly ? `masks/${i}.png` : "", cls_name: "any", specie_name: "", anomaly };
  });
  await writeFile(join(data, "meta.json"), JSON.stringify({ train: {}, test: { any: await Promise.all(samples) } }));
  const dpamFrom = reference.config.vision_layers - reference.dpam_layer + 2;
  const like = [
    "--image-size",
    String(size),
    "--layers",
    reference.features_list.join(),
    "--dpam-from",
    String(dpamFrom),
  ];
  const from = ["--model", referencePath("clip.safetensors"), "--init", referencePath("prompts.pth")];
  const steps = ["--no-shuffle", "--batch-size", "3", "--epochs", "3"];
  await run("train", join(data, "meta.json"), ...from, ...like, ...steps, "--out", "parity", "--cache-dir", "features");
  const before = namedAsReleased(await readPromptCheckpoint(referencePath("prompts.pth")));
  for (let step = 0; step < 3; step++) {
    const path = join(folder, "parity", "checkpoints", `epoch-00${step + 1}.safetensors`);
    for (const [name, actual] of Object.entries(namedAsReleased(await readPromptCheckpoint(path)))) {
      const { values } = await expectedTensor(`train/step${step}/after/${name}`);
      expect(relativeL2(actual, values), `step ${step}, ${name}`).toBeLessThan(1e-4);
      // The way gone is short beside the prompts themselves, and features were rounded to half precision.
      const way = (to: Float32Array) => to.map((value, i) => value - before[name]![i]!);
      expect(relativeL2(way(actual), way(values)), `way to step ${step}, ${name}`).toBeLessThan(0.01);
    }
  }
});

function namedAsReleased({ contextNormal, contextAbnormal, deepPrompts }: PromptCheckpoint) {
  const deep = deepPrompts.map((values, i): [string, Float32Array] => [`compound_prompts_text.${i}`, values]);
  return { ctx_pos: contextNormal, ctx_neg: contextAbnormal, ...Object.fromEntries(deep) } as Record<
    string,
    Float32Array
  >;
}
