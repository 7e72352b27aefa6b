import { type FileHandle, mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { type EpochLine, readTrainingLog, type StepLine, type TrainingLine, TrainingLog } from "./training-log.ts";

const folder = useTemporaryFolder();

afterEach(() => {
  vi.useRealTimers();
});

function stepLine(epoch: number, step: number): StepLine {
  return { kind: "step", epoch, step, loss: 5, global: 1, local: 1, learningRate: 0.001, seconds: 0.25 };
}

function epochLine(epoch: number): EpochLine {
  const validation = { loss: 3, global: 1, local: null, auroc: 0.75 };
  return { kind: "epoch", epoch, loss: 5, global: null, local: 1.25, validation, seconds: 2 };
}

function textOf(...lines: unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

async function readAll(path: string): Promise<TrainingLine[]> {
  const lines: TrainingLine[] = [];
  for await (const line of readTrainingLog(path)) lines.push(line);
  return lines;
}

function fileOf(log: TrainingLog): FileHandle {
  return Reflect.get(log, "file");
}

describe("reading a training log", () => {
  it("gives back what was written", async () => {
    const path = folder.path("whole.jsonl");
    const lines = [stepLine(1, 1), stepLine(1, 2), epochLine(1), { ...epochLine(2), validation: null }];
    const log = await TrainingLog.open(path, { keepThroughEpoch: 0 });
    for (const line of lines) await log.append(line);
    await log.close();
    expect(await readAll(path)).toEqual(lines);
  });

  it("finds no lines where there is no file", async () => {
    expect(await readAll(folder.path("absent.jsonl"))).toEqual([]);
  });

  it("passes over broken lines and a last line that was cut", async () => {
    const { loss: _, ...lossless } = stepLine(1, 2);
    const broken = [
      "",
      "{",
      "null",
      "[]",
      '"step"',
      JSON.stringify(lossless),
      JSON.stringify({ ...stepLine(1, 2), loss: Number.NaN }),
      JSON.stringify({ ...stepLine(1, 2), global: "1" }),
      JSON.stringify({ ...stepLine(1, 2), epoch: 0 }),
      JSON.stringify({ ...stepLine(1, 2), step: 1.5 }),
      JSON.stringify(stepLine(1, 2)).replace('"loss":5', '"loss":1e999'),
      JSON.stringify({ ...epochLine(1), validation: "none" }),
      JSON.stringify({ ...epochLine(1), validation: { loss: 1, global: 1, local: 1 } }),
      JSON.stringify({ ...epochLine(1), kind: "other" }),
    ];
    const text = `${textOf(stepLine(1, 1))}${broken.join("\n")}\n${textOf(epochLine(1))}${JSON.stringify(stepLine(2, 1))}`;
    expect(await readAll(await folder.write("broken.jsonl", text))).toEqual([stepLine(1, 1), epochLine(1)]);
  });

  it("goes on behind a line that is too long to be one", async () => {
    const text = `${textOf(stepLine(1, 1))}{"kind":"${"x".repeat(3e6)}"}\n${textOf(stepLine(1, 2))}`;
    expect(await readAll(await folder.write("endless.jsonl", text))).toEqual([stepLine(1, 1), stepLine(1, 2)]);
  });

  it("says which file cannot be read", async () => {
    await mkdir(folder.path("folder.jsonl"));
    await expect(readAll(folder.path("folder.jsonl"))).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/folder\.jsonl: cannot read the training log: EISDIR[^\n]*$/),
    });
  });
});

describe("a training log being written", () => {
  it("keeps the epochs that a resumed run goes on from, and nothing later or broken", async () => {
    const kept = [stepLine(1, 1), epochLine(1), stepLine(2, 1), epochLine(2)];
    const text = `${textOf(...kept.slice(0, 2))}{"kind":\n${textOf(...kept.slice(2), stepLine(3, 1))}{"kind":"st`;
    const path = await folder.write("resumed.jsonl", text);
    const log = await TrainingLog.open(path, { keepThroughEpoch: 2 });
    await log.append(epochLine(3));
    await log.close();
    expect(await readFile(path, "utf8")).toBe(textOf(...kept, epochLine(3)));
  });

  it("starts over for a new run", async () => {
    const path = await folder.write("old.jsonl", textOf(epochLine(1)));
    await (await TrainingLog.open(path, { keepThroughEpoch: 0 })).close();
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("is on disk at the end of an epoch", async () => {
    const path = folder.path("epoch.jsonl");
    const log = await TrainingLog.open(path, { keepThroughEpoch: 0 });
    await log.append(stepLine(1, 1));
    expect(await readAll(path)).toEqual([]);
    await log.append(epochLine(1));
    expect(await readAll(path)).toEqual([stepLine(1, 1), epochLine(1)]);
    await log.close();
  });

  it("is on disk a second after a step", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const log = await TrainingLog.open(folder.path("second.jsonl"), { keepThroughEpoch: 0 });
    const write = vi.spyOn(fileOf(log), "appendFile");
    await log.append(stepLine(1, 1));
    await vi.advanceTimersByTimeAsync(600);
    await log.append(stepLine(1, 2));
    expect(write).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(600);
    expect(write.mock.calls).toEqual([[textOf(stepLine(1, 1), stepLine(1, 2))]]);
    await log.close();
  });

  it("does not let lines pile up where the clock never comes to its turn", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const path = folder.path("many.jsonl");
    const log = await TrainingLog.open(path, { keepThroughEpoch: 0 });
    for (let step = 1; step <= 2000; step++) await log.append(stepLine(1, step));
    expect((await readAll(path)).length).toBeGreaterThan(1000);
    await log.close();
    expect(await readAll(path)).toHaveLength(2000);
  });

  it("says that the disk is full, at the step that meets it and at every later one", async () => {
    const path = folder.path("full.jsonl");
    const log = await TrainingLog.open(path, { keepThroughEpoch: 0 });
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    vi.spyOn(fileOf(log), "appendFile").mockRejectedValueOnce(full);
    const error = {
      code: "E_CONFIG",
      message: `${path}: cannot write the training log: ENOSPC: no space left on device, write`,
    };
    await expect(log.append(epochLine(1))).rejects.toMatchObject(error);
    await expect(log.append(stepLine(2, 1))).rejects.toMatchObject(error);
    await expect(log.close()).rejects.toMatchObject(error);
    expect(await readFile(path, "utf8")).toBe("");
  });

  it.skipIf(process.platform !== "linux")("keeps the old file where the new one does not fit", async () => {
    const text = textOf(stepLine(1, 1), epochLine(1), epochLine(2));
    const path = await folder.write("kept.jsonl", text);
    await symlink("/dev/full", `${path}.new`);
    await expect(TrainingLog.open(path, { keepThroughEpoch: 1 })).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringContaining("kept.jsonl: cannot write the training log: ENOSPC"),
    });
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("leaves nothing beside it where the folder is gone or is none", async () => {
    await mkdir(folder.path("gone"));
    await rm(folder.path("gone"), { recursive: true });
    const path = folder.path("gone/log.jsonl");
    await expect(TrainingLog.open(path, { keepThroughEpoch: 0 })).rejects.toMatchObject({ code: "E_CONFIG" });
    expect((await readdir(folder.path(""))).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});
