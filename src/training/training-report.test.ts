import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import type { EpochLine, Losses, TrainingLine } from "./training-log.ts";
import { EPOCHS_LISTED, type TrainingFacts, writeTrainingReport } from "./training-report.ts";

const folder = useTemporaryFolder();
const EVIL = `<script>alert(1)</script>"'&\u202e`;
const BOTH: Losses = { loss: 5, global: 1, local: 1 };
const VALIDATION = { loss: 6, global: 2, local: 1, auroc: 0.875 };

function epochLine(epoch: number, losses: Losses, validation: EpochLine["validation"] = null): EpochLine {
  return { kind: "epoch", epoch, ...losses, validation, seconds: 61 };
}

function stepLines(epoch: number, steps: number, losses: Losses): TrainingLine[] {
  return Array.from({ length: steps }, (_, i) => ({
    kind: "step",
    epoch,
    step: i + 1,
    ...losses,
    learningRate: 0.001,
    seconds: 0.5,
  }));
}

async function makeReport(lines: readonly TrainingLine[], facts: Partial<TrainingFacts> = {}): Promise<string> {
  const log = await folder.write("log.jsonl", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const path = folder.path("report.html");
  const usual = { state: "finished", epochs: 3, bestEpoch: null, localWeight: 4, options: {}, data: [], notes: [] };
  await writeTrainingReport(path, { ...(usual as Omit<TrainingFacts, "log">), log, ...facts });
  return readFile(path, "utf8");
}

/** Title and names of the series of every chart. */
function chartsIn(html: string): string[][] {
  return [...html.matchAll(/<svg .*?<\/svg>/gs)].map(([svg]) => [
    /font-weight="650">([^<]*)</.exec(svg)![1]!,
    ...[...svg.matchAll(/<text x="[\d.]+" y="[\d.]+">([^<]*)</g)].map((match) => match[1]!),
  ]);
}

function rowsIn(html: string): string[][] {
  const cells = (row: string) => [...row.matchAll(/<t[hd][^>]*>([^<]*)</g)].map((match) => match[1]!);
  return [...html.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) => cells(row));
}

describe("the training report", () => {
  it("tells how far the run is and which epoch is best", async () => {
    const lines = [1, 2].map((epoch) => epochLine(epoch, { ...BOTH, loss: 7 / epoch }, VALIDATION));
    const stopped = await makeReport(lines, { state: "stopped early", epochs: 15, bestEpoch: 1 });
    expect(stopped).toContain('<span class="badge normal">stopped early at epoch 2</span>');
    expect(stopped).toContain("<dt>Epochs</dt><dd>2 <small>of 15</small></dd>");
    expect(stopped).toContain("<dt>Best epoch</dt><dd>1</dd>");
    expect(stopped).toContain("<dt>Loss</dt><dd>3.50 <small>from 7.00</small></dd>");
    expect(stopped).toContain("<dt>AUROC of the best</dt><dd>0.875</dd>");
    expect(stopped).toContain("<dt>Time</dt><dd>2 <small>min</small> 2 <small>s</small></dd>");
    expect(stopped).toContain("best: epoch 1");
    const running = await makeReport(lines, { state: "running" });
    expect(running).toContain('<span class="badge normal">running</span>');
    expect(running).toContain("reload the page");
    expect(running).not.toContain("Best epoch");
  });

  it("draws the loss and its parts by epoch and by step, and the validation where there is one", async () => {
    const parts = ["total", "global", "local × 4"];
    const lines = [...stepLines(1, 3, BOTH), epochLine(1, BOTH)];
    expect(chartsIn(await makeReport(lines))).toEqual([
      ["Loss per epoch", ...parts],
      ["Loss per step", ...parts],
    ]);
    expect(chartsIn(await makeReport([...lines, epochLine(2, BOTH, VALIDATION)]))).toEqual([
      ["Loss per epoch", ...parts],
      ["Loss per step", ...parts],
      ["Training and validation loss", "training", "validation"],
      ["Validation AUROC of pictures", "validation"],
    ]);
  });

  it("draws one line where one part is all there is", async () => {
    const global = { loss: 1, global: 1, local: null };
    const html = await makeReport([...stepLines(1, 3, global), epochLine(1, global)]);
    expect(chartsIn(html)).toEqual([
      ["Loss per epoch", "global"],
      ["Loss per step", "global"],
    ]);
    expect(chartsIn(await makeReport([epochLine(1, { loss: 4, global: null, local: 1 })]))).toEqual([
      ["Loss per epoch", "local × 4"],
    ]);
  });

  it("lists the epochs, with the columns that have something to say", async () => {
    const lines = [epochLine(1, { ...BOTH, local: 0.5 }), epochLine(2, BOTH, { ...VALIDATION, auroc: null })];
    expect(rowsIn(await makeReport(lines, { bestEpoch: 2 }))).toEqual([
      ["Epoch", "Loss", "Global", "Local × 4", "Validation loss", "Validation global", "Validation local × 4", "Time"],
      ["1", "5.0000", "1.0000", "2.0000", "–", "–", "–", "1 min 1 s"],
      ["2 (best)", "5.0000", "1.0000", "4.0000", "6.0000", "2.0000", "4.0000", "1 min 1 s"],
    ]);
  });

  it("tells options, data and notes", async () => {
    const html = await makeReport([], {
      options: { learningRate: 0.001, model: "ViT-L/14" },
      data: [
        { name: "bottle", normal: 1200, abnormal: 30, withMask: 30 },
        { name: "cable", normal: 2, abnormal: 3, withMask: 0 },
      ],
      notes: ["no masks: global loss only"],
    });
    expect(html).toContain("<dt>Learning rate</dt><dd>0.001</dd>");
    expect(html).toContain("<dt>Model</dt><dd>ViT-L/14</dd>");
    expect(html).toContain("<li>no masks: global loss only</li>");
    expect(rowsIn(html)).toEqual([
      ["Class", "Normal", "Abnormal", "With mask"],
      ["bottle", "1,200", "30", "30"],
      ["cable", "2", "3", "0"],
      ["All", "1,202", "33", "30"],
    ]);
  });

  it("makes names, options and notes harmless", async () => {
    const html = await makeReport([epochLine(1, BOTH)], {
      title: EVIL,
      options: { [EVIL]: EVIL },
      data: [{ name: EVIL, normal: 1, abnormal: 1, withMask: 1 }],
      notes: [EVIL],
    });
    expect(html).not.toContain("<script");
    expect(html).not.toContain("\u202e");
    expect(html.match(/&#60;script&#62;alert\(1\)&#60;\/script&#62;&#34;&#39;&#38;/g)).toHaveLength(6);
  });

  it("allows its own style and nothing else", async () => {
    const html = await makeReport([...stepLines(1, 3, BOTH), epochLine(1, BOTH, VALIDATION)], { bestEpoch: 1 });
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    const style = /<style>(.*?)<\/style>/s.exec(html)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`);
    expect(policy).not.toContain("script-src");
    expect(html).not.toMatch(/<script|<img|(src|href)="| (style|on[a-z]+)="/);
    expect(html.match(/<style/g)).toHaveLength(1);
  });

  it("stays small, however long the run", async () => {
    const lines = Array.from({ length: EPOCHS_LISTED + 500 }, (_, i) => [
      ...stepLines(i + 1, 20, BOTH),
      epochLine(i + 1, BOTH),
    ]).flat();
    const html = await makeReport(lines, { epochs: 2000 });
    expect(html.length).toBeLessThan(250_000);
    expect(html).toContain("The last 1,000 of 1,500.");
    expect(html).toContain("mean of up to 128 values");
    expect(rowsIn(html)).toHaveLength(1 + EPOCHS_LISTED);
    expect(rowsIn(html)[1]![0]).toBe("501");
  });

  it("can be written before the first step", async () => {
    const html = await makeReport([], { state: "running", log: folder.path("absent.jsonl") });
    expect(html).toContain("<dt>Epochs</dt><dd>0 <small>of 3</small></dd>");
    expect(chartsIn(html)).toEqual([]);
    expect(html.trimEnd()).toMatch(/<\/html>$/);
  });

  it("survives losses of any size", async () => {
    for (const loss of [5e-324, 1e-300, 1e300, Number.MAX_VALUE, -1]) {
      const losses = { loss, global: loss, local: loss };
      const html = await makeReport([...stepLines(1, 2, losses), ...stepLines(2, 2, BOTH), epochLine(1, losses)]);
      expect(html).not.toContain("NaN");
    }
  });

  it("replaces an older report as a whole, and says where it cannot be written", async () => {
    await mkdir(folder.path("out/report.html"), { recursive: true });
    const facts = { state: "finished", epochs: 1, bestEpoch: null, localWeight: 4, options: {}, data: [], notes: [] };
    const log = folder.path("absent.jsonl");
    const written = writeTrainingReport(folder.path("out/report.html"), { ...(facts as never as TrainingFacts), log });
    await expect(written).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/out: cannot write the report to the results folder: [^\n]*$/),
    });
    await makeReport([]);
    await makeReport([]);
    expect((await readdir(folder.path(""))).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});
