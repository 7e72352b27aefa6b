import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { AnomalyDetector } from "../anomalyclip/detector.ts";
import { writeProceduralSet } from "../datasets/procedural/write.ts";
import { AnomalyClipError } from "../errors.ts";
import { decodeMask } from "../image/decode.ts";
import { encodePng } from "../image/encode.ts";
import { preprocessMask } from "../image/preprocess.ts";
import { PixelMetrics } from "../metrics/pixel-metrics.ts";
import { auroc } from "../metrics/ranking.ts";
import type { EvaluationOptions } from "./evaluation-options.ts";
import { type EvaluationEvents, runEvaluation } from "./run-evaluation.ts";

const SIZE = 64;
const MODEL = {
  model: referencePath("clip.safetensors"),
  prompts: [referencePath("prompts.pth")],
  imageSize: SIZE,
  layers: [4, 6],
  dpamFrom: 4,
  threads: 1,
};

let folder = "";
let runs = 0;

interface Listed {
  name: string;
  className: string;
  abnormal: boolean;
  /** Null: none. */
  mask: string | null;
}

/** Eight pictures of two classes whose names the reference CLIP knows; every abnormal one has a mask. */
let pictures: Listed[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-evaluation-"));
  const drawn = join(folder, "drawn");
  await writeProceduralSet(drawn, {
    categories: ["washer"],
    defects: ["scratch", "hole"],
    good: 4,
    perDefect: 2,
    size: 80,
  });
  const meta = JSON.parse(await readFile(join(drawn, "meta.json"), "utf8")).test.washer;
  pictures = meta.map((one: Record<string, string | number>, i: number) => ({
    name: one.img_path,
    className: i % 2 === 0 ? "metal_nut" : "pcb",
    abnormal: one.anomaly === 1,
    mask: one.mask_path || null,
  }));
  await list(pictures);
});
afterAll(() => rm(folder, { recursive: true }));

async function list(listed: readonly Listed[], name = "meta.json"): Promise<string> {
  const classes: Record<string, unknown[]> = {};
  for (const { name: image, className, abnormal, mask } of listed) {
    classes[className] ??= [];
    const entry = { img_path: image, mask_path: mask ?? "", cls_name: className, anomaly: abnormal ? 1 : 0 };
    classes[className].push({ ...entry, specie_name: abnormal ? "bad" : "good" });
  }
  await writeFile(join(folder, "drawn", name), JSON.stringify({ test: classes }));
  return join(folder, "drawn", name);
}

async function evaluate(changes: Partial<EvaluationOptions> = {}, events: EvaluationEvents = {}) {
  const notes: string[] = [];
  const out = changes.out ?? join(folder, `out-${++runs}`);
  const options = { ...MODEL, data: join(folder, "drawn"), out, ...changes };
  const result = await runEvaluation(options, { ...events, onNote: (text) => notes.push(text) });
  return { ...result, out, notes };
}

async function failure(changes: Partial<EvaluationOptions>): Promise<AnomalyClipError> {
  const error = await evaluate(changes).then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof AnomalyClipError) return error;
  throw error;
}

describe("figures", () => {
  test("are those of the detector's scores and maps", async () => {
    const { evaluation } = await evaluate();
    const detector = await AnomalyDetector.load({ ...MODEL, prompts: MODEL.prompts[0]! });
    for (const { className, methods } of evaluation!.classes) {
      const members = pictures.filter((picture) => picture.className === className);
      const scores: number[] = [];
      const pixels = new PixelMetrics();
      for (const { name, mask } of members) {
        const { score, map } = await detector.detect(join(folder, "drawn", name));
        scores.push(score);
        const truth = mask
          ? preprocessMask(await decodeMask(join(folder, "drawn", mask)), SIZE)
          : new Uint8Array(SIZE ** 2);
        pixels.add(map, truth, SIZE, SIZE);
      }
      const wanted = pixels.result();
      const labels = members.map(({ abnormal }) => (abnormal ? 1 : 0));
      const { metrics } = methods.AnomalyCLIP!;
      expect(metrics["image-auroc"]!.value).toBe(auroc(scores, labels));
      expect(metrics["pixel-auroc"]!.value).toBeCloseTo(wanted.auroc!, 5);
      expect(metrics.aupro!.value).toBeCloseTo(wanted.aupro!, 4);
      expect(metrics["aupro-200"]!.value).toBeCloseTo(wanted.aupro200!, 3);
    }
    await detector.close();
    expect(evaluation!.classes.map(({ normal, abnormal, withMask }) => [normal, abnormal, withMask])).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
  });

  test("from kept features are the same but for half precision, and need no encoder the second time", async () => {
    const direct = await evaluate();
    const kept = { keepFeatures: true, cacheDir: join(folder, "features"), baselines: ["clip-ac"] } as const;
    const first = await evaluate({ ...kept, object: "metal nut" });
    const plans: number[] = [];
    await evaluate({ ...kept, object: "metal nut" }, { onPlan: ({ toCompute }) => plans.push(toCompute) });
    expect(plans).toEqual([0, 0]);
    for (const [i, { methods }] of direct.evaluation!.classes.entries()) {
      const { scores } = first.evaluation!.classes[i]!.methods.AnomalyCLIP!;
      for (const kind of ["normal", "abnormal"] as const) {
        for (const [j, score] of scores[kind].entries()) {
          expect(score).toBeCloseTo(methods.AnomalyCLIP!.scores[kind][j]!, 3);
        }
      }
    }
  });

  test("of baselines come from CLIP's own attention", async () => {
    const both = await evaluate({ baselines: ["clip-ac"], object: "metal nut" });
    const plain = await evaluate({ baselines: ["clip-ac"], object: "metal nut", attention: "none" });
    const figures = (run: typeof both, method: string) => run.evaluation!.mean[method]!["pixel-auroc"]!.value!;
    expect(figures(both, "CLIP-AC")).toBeCloseTo(figures(plain, "CLIP-AC"), 5);
    expect(Math.abs(figures(both, "AnomalyCLIP") - figures(plain, "AnomalyCLIP"))).toBeGreaterThan(1e-4);
  });

  test("are only those asked for, and tables and report are written", async () => {
    const { evaluation, out, report } = await evaluate({ metrics: ["image-ap", "pixel-f1"] });
    expect(Object.keys(evaluation!.mean.AnomalyCLIP!)).toEqual(["image-ap", "pixel-f1"]);
    expect(await readFile(join(out, "metrics.csv"), "utf8")).toContain("class,image-ap,pixel-f1");
    expect(await readFile(join(out, "metrics.md"), "utf8")).toContain("| metal_nut |");
    expect(JSON.parse(await readFile(join(out, "metrics.json"), "utf8")).protocol["model SHA-256"]).toMatch(
      /^[0-9a-f]{64}$/,
    );
    expect(await readFile(report!, "utf8")).toContain("metal_nut");
  });

  test("several prompt files are methods by the names of their files", async () => {
    const other = join(folder, "other.pth");
    await writeFile(other, await readFile(MODEL.prompts[0]!));
    const { evaluation } = await evaluate({ prompts: [MODEL.prompts[0]!, other] });
    expect(evaluation!.methods.map(({ name }) => name)).toEqual(["prompts", "other"]);
    expect(evaluation!.mean.prompts).toEqual(evaluation!.mean.other);
  });
});

describe("a run that was broken off", () => {
  test("goes on after its last picture, and ends in the same figures", async () => {
    const whole = await evaluate();
    const stop = new AbortController();
    const first = await evaluate({}, { signal: stop.signal, onScore: ({ done }) => done === 3 && stop.abort() });
    expect(first.evaluation).toBeNull();
    const { out } = first;
    // What a power failure leaves: half a line, and half a map.
    await appendFile(join(out, "scores.jsonl"), '{"image":"wash');
    await appendFile(join(out, "patch-maps.f32"), "half");
    const starts: number[] = [];
    const second = await evaluate({ out, mode: "resume" }, { onStart: ({ done }) => starts.push(done) });
    expect(starts).toEqual([3]);
    expect(second.evaluation).toEqual(whole.evaluation);
  });

  test("is not gone on with in another way, nor overwritten by accident", async () => {
    const { out } = await evaluate();
    expect(await failure({ out })).toMatchObject({ code: "E_CONFIG", message: expect.stringContaining("--resume") });
    const other = await failure({ out, mode: "resume", sigma: 2 });
    expect(other).toMatchObject({ code: "E_CONFIG", message: expect.stringContaining("sigma was 4, now 2") });
    const rounded = await failure({ out, mode: "resume", precision: "int8" });
    expect(rounded.message).toContain("precision was not set, now int8");
    const again = await evaluate({ out, mode: "force", sigma: 2 });
    expect(again.evaluation!.protocol.sigma).toBe(2);
  });
});

describe("data that is not as it should be", () => {
  test.each([
    ["", false],
    ["with kept features, ", true],
  ])("%sa picture that cannot be read costs itself, and is tried again", async (_, keepFeatures) => {
    const broken = join(folder, "drawn", "broken.png");
    await writeFile(broken, "no picture");
    const options = keepFeatures ? { keepFeatures, cacheDir: join(folder, "features") } : {};
    const data = await list(
      [...pictures, { name: "broken.png", className: "pcb", abnormal: false, mask: null }],
      "b.json",
    );
    const { failed, notes, evaluation, out } = await evaluate({ ...options, data });
    expect(failed).toBe(1);
    expect(notes).toEqual([expect.stringContaining("broken.png")]);
    expect(evaluation!.classes[1]).toMatchObject({ normal: 2, failed: 1 });
    const still = await evaluate({ ...options, data, out, mode: "resume" });
    expect(still).toMatchObject({ failed: 1, evaluation });
    await writeFile(broken, await readFile(join(folder, "drawn", pictures[0]!.name)));
    const repaired = await evaluate({ ...options, data, out, mode: "resume" });
    expect(repaired.failed).toBe(0);
    expect(repaired.evaluation!.classes[1]).toMatchObject({ normal: 3, failed: 0 });
  });

  test("a picture whose file has another size by now is scored anew, where its size is known", async () => {
    const changed = join(folder, "drawn", "changed.png");
    const paint = async (side: number) =>
      writeFile(
        changed,
        await encodePng({ width: side, height: side, data: new Uint8Array(3 * side ** 2).fill(side) }),
      );
    await paint(20);
    const one = { name: "changed.png", className: "pcb", abnormal: false, mask: null };
    const data = await list([...pictures, one], "changed.json");
    const { out } = await evaluate({ data });
    const starts: number[] = [];
    const resume = () => evaluate({ data, out, mode: "resume" }, { onStart: ({ done }) => starts.push(done) });
    await paint(50);
    const { evaluation } = await resume();
    expect(evaluation).toEqual((await evaluate({ data })).evaluation);
    const scores = join(out, "scores.jsonl");
    await writeFile(scores, (await readFile(scores, "utf8")).replace(/"bytes":\d+,/g, ""));
    await paint(80);
    await resume();
    expect(starts).toEqual([pictures.length, pictures.length + 1]);
  });

  test("a mask that is repaired needs no new scores", async () => {
    const mask = join(folder, "drawn", "repaired_mask.png");
    await writeFile(mask, "no picture");
    const first = pictures.findIndex(({ abnormal }) => abnormal);
    const listed = pictures.map((one, i) => (i === first ? { ...one, mask: "repaired_mask.png" } : one));
    const data = await list(listed, "repaired.json");
    const { out, notes } = await evaluate({ data });
    expect(notes).toEqual([expect.stringMatching(/repaired_mask.*no part in the pixel metrics/)]);
    await writeFile(mask, await readFile(join(folder, "drawn", pictures[first]!.mask!)));
    const starts: number[] = [];
    const onStart = ({ done }: { done: number }) => starts.push(done);
    const { evaluation } = await evaluate({ data, out, mode: "resume" }, { onStart });
    expect(starts).toEqual([pictures.length]);
    expect(evaluation!.mean).toEqual((await evaluate()).evaluation!.mean);
  });

  test.each([
    ["only abnormal pictures", (one: Listed) => one.abnormal, "image-auroc", "all pictures are abnormal"],
    ["only normal pictures", (one: Listed) => !one.abnormal, "pixel-auroc", "all pictures are normal"],
  ] as const)("%s: n/a with the reason", async (_, keep, metric, reason) => {
    const { evaluation } = await evaluate({ data: await list(pictures.filter(keep), "one.json") });
    expect(evaluation!.mean.AnomalyCLIP![metric]).toEqual({ value: null, reason });
  });

  test("without masks there are no pixel metrics; where some are missing a line says so", async () => {
    const without = pictures.map((one) => ({ ...one, mask: null }));
    const none = await evaluate({ data: await list(without, "none.json") });
    expect(none.evaluation!.mean.AnomalyCLIP!.aupro).toEqual({ value: null, reason: "there are no masks" });
    const first = pictures.findIndex(({ abnormal }) => abnormal);
    const some = pictures.map((one, i) => (i === first ? { ...one, mask: null } : one));
    const { notes, evaluation } = await evaluate({ data: await list(some, "some.json") });
    expect(notes).toEqual([expect.stringContaining("1 abnormal picture has no mask")]);
    expect(evaluation!.mean.AnomalyCLIP!.aupro!.value).not.toBeNull();
  });

  test("masks of another size, with many values, or empty, are told of in a line each", async () => {
    const grey = Uint8Array.from({ length: 100 }, (_, i) => (i < 50 ? 3 : 200));
    const make = async (name: string, data: Uint8Array) => {
      await writeFile(join(folder, "drawn", name), await encodePng({ width: 10, height: 10, data: rgb(data) }));
      return name;
    };
    const masks = [await make("grey_mask.png", grey), await make("empty_mask.png", new Uint8Array(100))];
    const abnormal = pictures.filter((one) => one.abnormal).slice(0, 2);
    const changed = [
      ...pictures.filter((one) => !one.abnormal),
      ...abnormal.map((one, i) => ({ ...one, className: "pcb", mask: masks[i]! })),
    ];
    const data = await list(changed, "masks.json");
    const { notes } = await evaluate({ data });
    expect(notes).toEqual([
      expect.stringMatching(/pcb: 2 masks are of another size .*10 x 10 pixels for a picture of 80 x 80/),
      expect.stringMatching(/pcb: 1 mask is not binary.*grey_mask/),
      expect.stringMatching(/pcb: 1 mask is without an anomalous pixel at 64 x 64.*empty_mask/),
    ]);
    const above = (maskAbove: number) => evaluate({ data, maskAbove, metrics: ["pixel-ap"], classes: ["pcb"] });
    const [low, high] = [await above(0), await above(100)];
    const value = (run: typeof low) => run.evaluation!.mean.AnomalyCLIP!["pixel-ap"]!.value!;
    expect(value(low)).toBeGreaterThan(value(high));
  });

  test("a word that the model does not know is named before anything is computed", async () => {
    const error = await failure({ baselines: ["clip-ac"], object: "zygomorphic gizmo" });
    expect(error.code).toBe("E_PROMPTS");
    expect(error.message).toMatch(/zygomorphic/);
  });
});

function rgb(data: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!);
}
