import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { type PreparationPlan, type PreparationProgress, prepareSamples } from "./prepare-samples.ts";
import { abnormal, normal, SIZE, usePreparedFixture } from "./prepared.fixture.ts";

const fixture = usePreparedFixture();

const sha256 = async (path: string) =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

/** Two normal pictures and an abnormal one with its mask. */
async function threeSamples() {
  return [
    normal(await fixture.picture("a.png", 1)),
    abnormal(await fixture.picture("b.png", 2), await fixture.mask("b_mask.png", 10)),
    normal(await fixture.picture("c.png", 3)),
  ];
}

test("features and masks of all samples are in the caches afterwards", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  const prepared = await prepareSamples(samples, cache, masks);
  expect(prepared.map(({ sample }) => sample)).toEqual(samples);
  expect(prepared.map(({ imageHash }) => imageHash)).toEqual(await Promise.all(samples.map((s) => sha256(s.image))));
  expect(prepared.map(({ maskHash }) => maskHash)).toEqual([null, await sha256(samples[1]!.mask!), null]);
  for (const { imageHash } of prepared) expect(await cache.has(imageHash)).toBe(true);
  const { maskHash } = prepared[1]!;
  const mask = new Uint8Array(SIZE * SIZE);
  expect(await masks.read(maskHash!, mask)).toBe("ok");
  // 10 rows of 30 become 21.33 of 64, and rows that are anomalous by more than half count.
  expect(mask.indexOf(0)).toBe(21 * SIZE);
  expect(mask.subarray(21 * SIZE).includes(1)).toBe(false);
});

test("the plan is told before anything is computed, and the second time there is nothing to compute", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  const plans: PreparationPlan[] = [];
  const onPlan = (plan: PreparationPlan) => {
    plans.push(plan);
    expect(existsSync(cache.folder)).toBe(plans.length > 1);
  };
  await prepareSamples(samples, cache, masks, { onPlan, freeBytes: async () => 1e9 });
  await prepareSamples(samples, cache, masks, { onPlan, freeBytes: async () => 0 });
  const common = { pictures: 3, folder: cache.folder };
  expect(plans).toEqual([
    { ...common, cached: 0, toCompute: 3, bytesNeeded: 3 * (cache.bytesPerPicture + 2 * 4096), bytesFree: 1e9 },
    { ...common, cached: 3, toCompute: 0, bytesNeeded: 0, bytesFree: 0 },
  ]);
});

test("progress counts files, then pictures that are computed", async () => {
  const { cache, masks } = fixture;
  const reports: PreparationProgress[] = [];
  await prepareSamples(await threeSamples(), cache, masks, { onProgress: (report) => reports.push(report) });
  expect(reports).toEqual([
    ...[1, 2, 3, 4].map((done) => ({ stage: "hash", done, total: 4 })),
    ...[1, 2, 3].map((done) => ({ stage: "encode", done, total: 3 })),
  ]);
});

test("a picture that occurs several times is computed once", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  await copyFile(samples[0]!.image, fixture.path("copy.png"));
  const compute = vi.spyOn(cache, "compute");
  const all = [...samples, normal(fixture.path("copy.png")), samples[0]!];
  const prepared = await prepareSamples(all, cache, masks);
  expect(prepared).toHaveLength(5);
  expect(compute).toHaveBeenCalledTimes(3);
});

test("a disk that is too small is refused before anything is computed", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  const onPlan = vi.fn();
  const preparing = prepareSamples(samples, cache, masks, { onPlan, freeBytes: async () => 1.5e6 });
  await expect(preparing).rejects.toMatchObject({
    code: "E_CONFIG",
    message: expect.stringMatching(/^\S+: the features of 3 pictures need 16 MB, but 1\.5 MB are free; .*--cache-dir$/),
  });
  expect(onPlan).toHaveBeenCalledTimes(1);
  expect(existsSync(cache.folder)).toBe(false);
  expect(await prepareSamples(samples, cache, masks, { freeBytes: async () => null })).toHaveLength(3);
});

test("what cannot be used is reported and left out; a bad mask does not keep its picture from other samples", async () => {
  const { cache, masks } = fixture;
  const good = normal(await fixture.picture("good.png", 1));
  const picture = await fixture.picture("picture.png", 2);
  const fitting = abnormal(picture, await fixture.mask("fitting.png", 9));
  const cut = fixture.path("cut.png");
  await writeFile(cut, (await readFile(picture)).subarray(0, 200));
  const text = fixture.path("text.png");
  await writeFile(text, "no picture");
  const bad = [
    [normal(fixture.path("absent.png")), /absent\.png: no such file/],
    [abnormal(picture, text), /text\.png: not a picture/],
    [normal(cut), /cut\.png: the PNG is damaged/],
    [abnormal(picture, cut), /cut\.png: the PNG is damaged/],
  ] as const;
  const problems: { sample: unknown; message: string }[] = [];
  const prepared = await prepareSamples([...bad.map(([sample]) => sample), good, fitting], cache, masks, {
    onProblem: (problem) => problems.push(problem),
  });
  expect(prepared.map(({ sample }) => sample)).toEqual([good, fitting]);
  expect(await cache.has(prepared[1]!.imageHash)).toBe(true);
  expect(problems.map(({ sample }) => sample)).toEqual(expect.arrayContaining(bad.map(([sample]) => sample)));
  expect(problems).toHaveLength(bad.length);
  for (const [sample, pattern] of bad) expect(problems.find((p) => p.sample === sample)!.message).toMatch(pattern);
});

test("a mask of another size is reported and used, squashed like its picture", async () => {
  const { cache, masks } = fixture;
  const sample = abnormal(await fixture.picture("picture.png", 2), await fixture.mask("turned.png", 20, 30, 40));
  const problems: unknown[] = [];
  const [prepared] = await prepareSamples([sample], cache, masks, { onProblem: (problem) => problems.push(problem) });
  const message = expect.stringMatching(
    /turned\.png: the mask is 30 x 40 pixels, its picture .*picture\.png 40 x 30; used/,
  );
  expect(problems).toEqual([{ sample, message, leftOut: false }]);
  const mask = new Uint8Array(SIZE * SIZE);
  expect(await masks.read(prepared!.maskHash!, mask)).toBe("ok");
  expect(mask.indexOf(0)).toBe((SIZE * SIZE) / 2);
});

test("a mask without an anomalous pixel is reported and not used, the second time too", async () => {
  const { cache, masks } = fixture;
  const sample = abnormal(await fixture.picture("a.png", 1), await fixture.mask("empty.png", 0));
  const messages: string[] = [];
  for (let run = 0; run < 2; run++) {
    const [prepared] = await prepareSamples([sample], cache, masks, {
      onProblem: ({ message }) => messages.push(message),
    });
    expect(prepared).toMatchObject({ sample, maskHash: null });
  }
  expect(messages).toEqual(Array(2).fill(expect.stringMatching(/empty\.png: no anomalous pixel .* without the mask$/)));
});

test("masks of normal pictures are not looked at", async () => {
  const { cache, masks } = fixture;
  const sample = { ...normal(await fixture.picture("a.png", 1)), mask: fixture.path("absent.png") };
  expect(await prepareSamples([sample], cache, masks)).toMatchObject([{ sample, maskHash: null }]);
});

test("a set of which nothing can be used is refused with the first reason", async () => {
  const { cache, masks } = fixture;
  const samples = [normal(fixture.path("x.png")), normal(fixture.path("y.png"))];
  await expect(prepareSamples(samples, cache, masks)).rejects.toMatchObject({
    code: "E_DATASET",
    message: expect.stringMatching(/^none of 2 pictures can be used; the first: \S+x\.png: no such file$/),
  });
});

test("a set of which nothing can be used is an empty list where that is allowed", async () => {
  const { cache, masks } = fixture;
  const onProblem = vi.fn();
  const samples = [normal(fixture.path("x.png"))];
  expect(await prepareSamples(samples, cache, masks, { allowNone: true, onProblem })).toEqual([]);
  expect(onProblem).toHaveBeenCalledTimes(1);
});

test("stopped between two pictures, the next run goes on with what is done", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  const stop = new AbortController();
  const reason = new Error("stopped");
  const onProgress = ({ stage, done }: PreparationProgress) => {
    if (stage === "encode" && done === 1) stop.abort(reason);
  };
  const release = vi.spyOn(cache, "releaseEncoder");
  await expect(prepareSamples(samples, cache, masks, { onProgress, signal: stop.signal })).rejects.toBe(reason);
  expect(release).toHaveBeenCalled();
  const onPlan = vi.fn();
  await prepareSamples(samples, cache, masks, { onPlan });
  expect(onPlan).toHaveBeenCalledWith(expect.objectContaining({ cached: 1, toCompute: 2 }));
});

test("stopped while files are hashed, nothing is computed", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  await expect(prepareSamples(samples, cache, masks, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  expect(existsSync(cache.folder)).toBe(false);
});

test("a picture that changes after it was hashed is left out", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  const messages: string[] = [];
  const prepared = await prepareSamples(samples, cache, masks, {
    freeBytes: async () => {
      await fixture.picture("c.png", 99);
      return null;
    },
    onProblem: ({ message }) => messages.push(message),
  });
  expect(prepared.map(({ sample }) => sample)).toEqual(samples.slice(0, 2));
  expect(messages).toEqual([expect.stringMatching(/c\.png: changed since/)]);
});

test("a cache that cannot be written to stops the run with one line", async () => {
  const { cache, masks } = fixture;
  const samples = await threeSamples();
  await writeFile(`${fixture.path("..")}/cache`, "a file where a folder should be");
  await expect(prepareSamples(samples, cache, masks, { freeBytes: async () => null })).rejects.toMatchObject({
    code: "E_CONFIG",
    message: expect.stringMatching(/--cache-dir/),
  });
});

test("when it fails, nothing goes on behind the caller's back", async () => {
  const { cache, masks } = fixture;
  const samples = (await threeSamples()).slice(0, 2);
  let begin = () => {};
  const writing = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let written = false;
  vi.spyOn(masks, "write").mockImplementation(async () => {
    begin();
    await setTimeout(30);
    written = true;
  });
  vi.spyOn(cache, "compute").mockImplementation(async () => {
    await writing;
    throw new Error("no encoder");
  });
  await expect(prepareSamples(samples, cache, masks)).rejects.toThrow("no encoder");
  expect(written).toBe(true);
});

test("stopped while files are hashed, it ends after the files that are being read", async () => {
  const { cache, masks } = fixture;
  const small = await Promise.all([1, 2, 3, 4, 5].map((seed) => fixture.picture(`${seed}.png`, seed)));
  const large = fixture.path("large.png");
  await writeFile(large, await readFile(small[0]!));
  await truncate(large, 2e8);
  const stop = new AbortController();
  const done: number[] = [];
  const onProgress = (report: PreparationProgress) => {
    stop.abort();
    done.push(report.done);
  };
  const preparing = prepareSamples([large, ...small].map(normal), cache, masks, { onProgress, signal: stop.signal });
  await expect(preparing).rejects.toThrow(/abort/);
  // Four are read at a time; none is begun after the first is done.
  expect(done).toEqual([1, 2, 3, 4]);
});
