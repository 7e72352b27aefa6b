import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { drawn, fakeDetection } from "./fake-detector.fixture.ts";
import { type ReportOptions, writeReport } from "./report.ts";
import { ResultsWriter } from "./results-writer.ts";

const temporary = useTemporaryFolder();
const EVIL = `<script>alert(1)</script>"'&\u202e.png`;

async function makeReport(
  name: string,
  scores: Record<string, number | string>,
  options: ReportOptions = {},
): Promise<string> {
  const folder = temporary.path(name);
  const images = Object.keys(scores);
  const protocol = { mapThreshold: 0.5, model: "<i>" };
  const writer = await ResultsWriter.open(folder, { protocol, images, mode: "new", maps: false });
  for (const [image, score] of Object.entries(scores)) {
    if (typeof score === "string") await writer.fail(image, score);
    else {
      const detection = fakeDetection(score);
      await writer.write(image, await drawn(detection, { colormap: "gray" }));
    }
  }
  await writer.close();
  return readFile(await writeReport(folder, options), "utf8");
}

function namesIn(html: string): string[] {
  return [...html.matchAll(/<tr data-score="[^"]*" data-name="([^"]*)"/g)].map((match) => match[1]!);
}

describe("the report", () => {
  it("lists pictures by score, highest first, with what sorting needs", async () => {
    const html = await makeReport("order", { "b.png": 0.25, "a.png": 0.75, "c.png": 0.5 });
    expect(namesIn(html)).toEqual(["a.png", "c.png", "b.png"]);
    expect(html).toContain('<tr data-score="0.25" data-name="b.png" data-verdict="normal">');
    expect(html).toContain('aria-sort="descending"');
  });

  it("tells counts, threshold and protocol", async () => {
    const html = await makeReport("summary", { "a.png": 0.75, "b.png": 0.25, "c.png": 0.1, "d.png": "broken" });
    expect(html).toContain("<dt>Abnormal</dt><dd>1 <small>of 3</small></dd>");
    expect(html).toContain("<dt>Normal</dt><dd>2</dd>");
    expect(html).toContain("<dt>Threshold</dt><dd>0.500</dd>");
    expect(html).toContain("<dt>Map threshold</dt><dd>0.5</dd>");
    expect(html).toContain("<li><b>d.png</b>: broken</li>");
  });

  it("makes names, reasons and settings harmless", async () => {
    const html = await makeReport("evil", { [EVIL]: 0.75, [`${EVIL}2`]: `<img src=x onerror=alert(1)>` });
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(html).not.toContain("<img src=x");
    expect(html).not.toContain("<i>");
    expect(html).not.toContain("\u202e");
    expect(html).toContain('data-name="&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;\u{FFFD}.png"');
  });

  it("allows its own style and script and nothing from elsewhere", async () => {
    const html = await makeReport("policy", { "a.png": 0.75 });
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hash(/<script>(.*?)<\/script>/s.exec(html)![1]!)}`);
    expect(policy).toContain(`style-src ${hash(/<style>(.*?)<\/style>/s.exec(html)![1]!)}`);
    expect(html).not.toMatch(/(src|href)="(https?:|\/\/)/);
    expect(html).not.toMatch(/ (style|on[a-z]+)="/);
  });

  it("shows pictures of the highest scores alone, and links the others", async () => {
    const html = await makeReport("few", { "a.png": 0.75, "b.png": 0.25, "c.png": 0.1 }, { thumbnails: 1, rows: 2 });
    expect(html.match(/<img /g)).toHaveLength(2);
    expect(namesIn(html)).toEqual(["a.png", "b.png"]);
    expect(html).toContain('<a class="file" href="./overlays/b.png">');
    expect(html).toContain("The 2 highest scores of 3 are listed.");
  });

  it("counts the failures that it does not list", async () => {
    const html = await makeReport("failures", { a: "x", b: "x", c: "x" }, { failures: 1 });
    expect(html.match(/<li>/g)).toHaveLength(2);
    expect(html).toContain("and 2 more");
  });

  it("never reads or links a file outside of the results, whatever results.jsonl says", async () => {
    const folder = temporary.path("tampered");
    await mkdir(folder);
    await writeFile(join(folder, "secret.jpg"), "secret");
    const { image: _, imageMap: __, map: ___, ...detection } = fakeDetection(0.75);
    const files = { overlay: "javascript:alert(1)", map: null, thumbnails: ["../secret.jpg", "../secret.jpg"] };
    const range = { width: 1, height: 1, mapMin: 0, mapMax: 1, mapMean: 0.5 };
    const record = { image: "javascript:alert(1)", ...detection, ...range, ...files };
    await writeFile(join(folder, "results.jsonl"), `${JSON.stringify(record)}\n`);
    const html = await readFile(await writeReport(folder), "utf8");
    expect(namesIn(html)).toHaveLength(1);
    expect(html).not.toContain(Buffer.from("secret").toString("base64"));
    expect(html).not.toContain('href="javascript');
  });

  it("can be written of a run without a single result", async () => {
    const html = await makeReport("empty", {});
    expect(namesIn(html)).toEqual([]);
    expect(html.trimEnd()).toMatch(/<\/html>$/);
  });
});
