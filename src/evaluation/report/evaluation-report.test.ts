import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../../weights/temporary-folder.fixture.ts";
import type { Evaluation, Exhibit } from "../evaluation.ts";
import { classEvaluation, EVIL, evaluationOf, methodResult } from "./evaluation.fixture.ts";
import { writeEvaluationReport } from "./evaluation-report.ts";

const folder = useTemporaryFolder();
const NOW = new Date("2025-01-02T03:04:05Z");

/** A picture of noise, the hardest to compress, in a folder of its class. */
async function exhibit(changes: Partial<Exhibit> & { name?: string } = {}): Promise<Exhibit> {
  const { name = "set/bottle/000.png", ...rest } = changes;
  const image = folder.path(name);
  await mkdir(join(image, ".."), { recursive: true });
  const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
  await sharp({ create: { width: 400, height: 300, channels: 3, background: "grey", noise } })
    .png()
    .toFile(image);
  const facts = { mask: null, className: "bottle", specie: "broken", abnormal: true, score: 0.75 };
  return { image, ...facts, map: new Float32Array(16).fill(0.5), mapSize: 4, ...rest };
}

async function report(
  changes: Partial<Evaluation> = {},
  best: readonly Exhibit[] = [],
  worst: readonly Exhibit[] = [],
): Promise<string> {
  const path = folder.path("report.html");
  await writeEvaluationReport(path, evaluationOf(changes), { best: [...best], worst: [...worst] }, NOW);
  return readFile(path, "utf8");
}

function tilesIn(html: string): string[] {
  return [...html.matchAll(/<dt>([^<]*)<\/dt><dd>(.*?)<\/dd>/g)].map(
    (match) => `${match[1]} ${match[2]!.replace(/<[^>]*>/g, "")}`,
  );
}

function sectionsIn(html: string): string[] {
  return [...html.matchAll(/<h2[^>]*>([^<]*)/g)].map((match) => match[1]!);
}

describe("the report of an evaluation", () => {
  it("begins with the first method's figures and what they are about", async () => {
    const one = await report();
    expect(one).toContain("<h1>bottles</h1>");
    expect(one).toContain("Evaluation of AnomalyCLIP (learned prompts), written by anomalyclip");
    expect(one).toContain("2025-01-02 03:04 UTC");
    const tiles = ["Image AUROC 91.5%", "AUPRO (200 thresholds) 81.4%", "Pictures 6 3 normal, 3 abnormal"];
    expect(tilesIn(one).slice(0, 3)).toEqual(tiles);
    const classes = [classEvaluation("bottle"), { ...classEvaluation("cable"), failed: 2 }];
    const two = await report({ classes });
    expect(two).toContain("Figures are means over 2 classes.");
    expect(tilesIn(two).slice(2, 5)).toEqual(["Pictures 12 6 normal, 6 abnormal", "Classes 2", "Not read 2"]);
  });

  it("says at once what is not defined, and why", async () => {
    const reason = "all pictures are abnormal";
    const mean = { AnomalyCLIP: { "image-auroc": { value: null, reason }, "aupro-200": { value: 0.8 } } };
    const html = await report({ mean });
    expect(tilesIn(html)[0]).toBe("AUPRO (200 thresholds) 80.0%");
    expect(html).toContain("Image AUROC: n/a, all pictures are abnormal.");
  });

  it("has all sections where there is something to show, and only those", async () => {
    const shown = await exhibit();
    expect(sectionsIn(await report({ notes: ["a note"] }, [shown], [shown]))).toEqual([
      ...["Figures", "Curves", "Scores", "Best pictures", "Worst pictures", "Notes", "Protocol"],
    ]);
    const bare = methodResult({ curves: {}, scores: { normal: [], abnormal: [] } });
    expect(sectionsIn(await report({ classes: [classEvaluation("bottle", bare)] }))).toEqual(["Figures", "Protocol"]);
  });

  it("shows pictures with what is said and true of them, and leads to their files", async () => {
    const found = await exhibit();
    const missed = await exhibit({ name: "set/cable/a b#1.png", score: 0.25, className: "cable" });
    const alarm = await exhibit({ name: "set/cable/002.png", score: 0.5, abnormal: false, specie: "good" });
    const html = await report({}, [found], [missed, alarm]);
    const cards = [...html.matchAll(/<figure.*?<\/figure>/gs)].map(([card]) => card.replace(/base64,[^"]*/g, ""));
    const texts = cards.map((card) =>
      card
        .replace(/<[^>]*>/g, " ")
        .replace(/\s+/g, " ")
        .trim(),
    );
    expect(texts).toEqual([
      "bottle broken abnormal score 0.750 : right bottle/000.png",
      "cable broken abnormal score 0.250 : wrong, missed cable/a b#1.png",
      "bottle good normal score 0.500 : wrong, false alarm cable/002.png",
    ]);
    expect(cards[1]).toContain('href="./set/cable/a%20b%231.png"');
    expect(cards[0]!.match(/width="280" height="210"/g)).toHaveLength(2);
    expect(await report({ protocol: {} }, [found])).not.toContain("</b>: right");
    expect(await report({}, [found])).toContain("</b>: right");
  });

  it("passes over pictures that cannot be read any more, and says so", async () => {
    const gone = await exhibit({ name: "set/bottle/gone.png" });
    await rm(gone.image);
    const html = await report({}, [gone, await exhibit()]);
    expect(html.match(/<figure/g)).toHaveLength(1);
    expect(html).toContain("1 picture could not be read any more.");
  });

  it("tells notes and protocol, but not without end", async () => {
    const notes = Array.from({ length: 5000 }, (_, i) => `note ${i} ${"x".repeat(5000)}`);
    const html = await report({ notes, protocol: { "model SHA-256": "ab12", prompts: "p".repeat(1e6) } });
    expect(html).toContain("<dt>Model SHA-256</dt><dd>ab12</dd>");
    expect(html.match(/<li>/g)).toHaveLength(101);
    expect(html).toContain("and 4,900 more in metrics.json");
    expect(html).toContain('<a href="#notes">5,000 notes</a>');
    expect(html.length).toBeLessThan(200_000);
  });

  it("makes everything from outside harmless", async () => {
    const reason = { value: null, reason: EVIL } as const;
    const html = await report(
      {
        dataset: { id: EVIL, title: EVIL },
        methods: [{ name: EVIL, description: EVIL }],
        classes: ["a", "b"].map((end) =>
          classEvaluation(EVIL + end, methodResult({ metrics: { aupro: reason } }), [EVIL]),
        ),
        metrics: ["aupro"],
        mean: { [EVIL]: { aupro: reason } },
        published: { [EVIL]: { aupro: 0.5 } },
        notes: [EVIL],
        protocol: { [EVIL]: EVIL },
      },
      [await exhibit({ name: "set/a'&\"<b>.png", className: EVIL, specie: EVIL })],
    );
    expect(html).not.toMatch(/<script|<b>\.png/);
    expect(html).not.toMatch(/[\u202e\0]/);
    expect(html.match(/&#60;script&#62;alert\(1\)&#60;\/script&#62;&#34;&#39;&#38;/g)!.length).toBeGreaterThan(15);
  });

  it("allows its own style and pictures inside of it, and nothing else", async () => {
    const shown = await exhibit();
    const html = await report({ notes: ["a note"] }, [shown], [shown]);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    const style = /<style>(.*?)<\/style>/s.exec(html)![1]!;
    expect(policy).toContain("default-src 'none'; img-src data:;");
    expect(policy).toContain(`style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`);
    expect(policy).not.toContain("script-src");
    expect(html).not.toMatch(/<script|<link|src="(?!data:image\/jpeg;base64,)| (style|on[a-z]+)="/);
    expect(html.match(/<style/g)).toHaveLength(1);
  });

  it("is small for 15 classes, 4 methods and 16 pictures", async () => {
    const curve = Array.from({ length: 400 }, (_, i) => [i / 399, (i / 399) ** 0.4] as const);
    const names = ["imageRoc", "imagePrecisionRecall", "pixelRoc", "pixelPrecisionRecall", "regionOverlap"];
    const result = methodResult({ curves: Object.fromEntries(names.map((name) => [name, curve])) });
    const methods = ["A", "B", "C", "D"].map((name) => ({ name, description: "as it is" }));
    const classes = Array.from({ length: 15 }, (_, i) => classEvaluation(`class ${i}`, result, ["A", "B", "C", "D"]));
    const eight = Array<Exhibit>(8).fill(await exhibit());
    expect((await report({ methods, classes }, eight, eight)).length).toBeLessThan(3_000_000);
  });

  it("is the same to the byte for the same evaluation and time", async () => {
    const shown = await exhibit();
    expect(await report({ notes: ["a note"] }, [shown])).toBe(await report({ notes: ["a note"] }, [shown]));
  });

  it("replaces an older report as a whole, and says where it cannot be written", async () => {
    await mkdir(folder.path("out/report.html"), { recursive: true });
    const nothing = { best: [], worst: [] };
    await expect(writeEvaluationReport(folder.path("out/report.html"), evaluationOf(), nothing)).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(/out: cannot write the report to the results folder: [^\n]*$/),
    });
    await report();
    await report();
    expect((await readdir(folder.path(""))).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});
