/**
 * The page in a real Chromium, as an inspector uses it. `CHROMIUM` names the program where it is not /usr/bin/chromium;
 * with `SCREENSHOTS=folder` what it looks like is kept there.
 */

import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ZipFile } from "yazl";
import { buildColormap } from "../src/image/colormap.ts";
import { type AnomalyMap, readMap } from "../src/web/map.ts";
import { type ServiceProcess, startService } from "./service.fixture.ts";

const EXAMPLES = new URL("../examples/", import.meta.url).pathname;
const DESKTOP = { width: 1440, height: 900 };
const TABLET = { width: 820, height: 1180 };

let folder: string;
let service: ServiceProcess;
let browser: Browser;
let page: Page;
/** What the browser complained of: also of what the content-security policy forbade. */
const complaints: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-page-"));
  const models = join(folder, "models.yaml");
  await writeFile(models, "- {name: coarse, sigma: 12}\n");
  await mkdir(join(folder, "runs", "first"), { recursive: true });
  await writeFile(join(folder, "runs", "first", "log.jsonl"), trainingLines(1, 3));
  service = await startService([
    ...["--data", join(folder, "data"), "--models", models, "--runs", join(folder, "runs")],
    ...["--folder", `examples=${EXAMPLES}`],
  ]);
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  page = await browser.newPage({ viewport: DESKTOP, locale: "en", colorScheme: "light", acceptDownloads: true });
  page.setDefaultTimeout(30_000);
  watch(page);
  await page.goto(service.url);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("a dropped picture is shown with its heat map, pixel by pixel", async () => {
  await shoot("page-empty");
  await drop(page, page.locator(".drop"), ["leather-burn.png"]);
  await page.locator('[data-testid=heat][data-loaded="true"]').waitFor();
  expect(await page.getByTestId("result").locator("h2").textContent()).toBe("leather-burn.png");
  const [result] = await results("");
  const map = await mapOf(result!.id);

  // The canvas has the map in turbo, growing opaque with its values.
  await page.getByTestId("opacity").fill("1");
  const drawn = await page.getByTestId("heat").evaluate((canvas: HTMLCanvasElement) => {
    return [...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data];
  });
  const turbo = buildColormap("turbo");
  expect(drawn.length).toBe(4 * map.values.length);
  const peak = map.values.indexOf(Math.max(...map.values));
  const level = (i: number) => Math.min(1, Math.max(0, map.values[i]! / result!.layers));
  for (let i = 0; i < map.values.length; i += 97)
    expect(Math.abs(drawn[4 * i + 3]! - 255 * level(i))).toBeLessThan(1.1);
  // What is seen at the peak is the picture under the map's colour.
  await page.getByLabel("Regions", { exact: true }).uncheck();
  const frame = page.locator(".frame").last();
  const seen = await sharp(await frame.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [atX, atY] = [((peak % map.columns) + 0.5) / map.columns, (Math.floor(peak / map.columns) + 0.5) / map.rows];
  const picture = await sharp(join(EXAMPLES, "leather-burn.png"))
    .resize(seen.info.width, seen.info.height, { fit: "fill" })
    .removeAlpha()
    .raw()
    .toBuffer();
  const at = 3 * (Math.floor(atY * seen.info.height) * seen.info.width + Math.floor(atX * seen.info.width));
  const alpha = level(peak);
  expect(alpha, "the peak stands out").toBeGreaterThan(0.3);
  for (let c = 0; c < 3; c++) {
    const blended = alpha * turbo[3 * Math.round(255 * alpha) + c]! + (1 - alpha) * picture[at + c]!;
    expect(Math.abs(seen.data[at + c]! - blended), `colour ${c} at the peak`).toBeLessThan(20);
  }
  // Without heat the frame shows the picture alone.
  await page.getByTestId("opacity").fill("0");
  const bare = await sharp(await frame.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer();
  for (let c = 0; c < 3; c++) expect(Math.abs(bare[at + c]! - picture[at + c]!)).toBeLessThan(20);
  await page.getByTestId("opacity").fill("0.6");
  await page.getByLabel("Regions", { exact: true }).check();
  expect(await page.locator(".region").count()).toBe(result!.regions.length);
});

test("files are chosen, and what is no picture says so and can be tried again", async () => {
  const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith(".png") && name !== "leather-burn.png");
  const broken = join(folder, "broken.png");
  await writeFile(broken, "no picture");
  await page.getByTestId("files").setInputFiles([...names.map((name) => join(EXAMPLES, name)), broken]);
  await page.getByText(/of 14 abnormal/).waitFor();
  await page.locator(".item", { hasText: "broken.png" }).click();
  expect(await page.getByTestId("failure").textContent()).toMatch(/broken\.png.*not/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".item", { hasText: "broken.png" }).getByText("failed").waitFor();
  await page.locator(".item", { hasText: "coin-corrosion.png" }).click();
  await page.locator('[data-testid=heat][data-loaded="true"]').waitFor();
  await shoot("page-inspect");
});

test("zoom and pan move both pictures in step, by wheel, drag and keys", async () => {
  const transforms = () =>
    page.locator(".layers").evaluateAll((layers) => layers.map((l) => (l as HTMLElement).style.transform));
  const whole = await transforms();
  const left = page.locator(".frame").first();
  const { x, y, width, height } = (await left.boundingBox())!;
  await page.mouse.move(x + width / 4, y + height / 4);
  await page.mouse.wheel(0, -600);
  await expect.poll(transforms).not.toEqual(whole);
  const zoomed = await transforms();
  expect(zoomed[0]).toBe(zoomed[1]);
  await page.mouse.down();
  await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
  await page.mouse.up();
  const moved = await transforms();
  expect(moved[0]).toBe(moved[1]);
  expect(moved[0]).not.toBe(zoomed[0]);
  await page.locator(".frame").last().focus();
  await page.keyboard.press("0");
  await expect.poll(transforms).toEqual(whole);
  await page.keyboard.press("+");
  await expect.poll(transforms).not.toEqual(whole);
  await page.getByRole("button", { name: "Whole picture" }).click();
});

test("moving the threshold judges all pictures anew, on the slider and on the histogram", async () => {
  const counts = page.getByTestId("counts");
  const threshold = page.getByTestId("threshold");
  await threshold.fill("0");
  expect(await counts.textContent()).toBe("14 of 14 abnormal");
  expect(await page.getByTestId("verdict").getAttribute("data-verdict")).toBe("abnormal");
  await threshold.fill("1");
  expect(await counts.textContent()).toBe("0 of 14 abnormal");
  expect(await page.getByTestId("verdict").getAttribute("data-verdict")).toBe("normal");
  const scores = (await results("")).map(({ score }) => score);
  const chart = (await page.locator(".pointable").boundingBox())!;
  await page.mouse.click(chart.x + chart.width * (14 / 320 + 0.5 * (292 / 320)), chart.y + 40);
  expect(Number(await threshold.inputValue())).toBeCloseTo(0.5, 2);
  const line = Number(await threshold.inputValue());
  expect(await counts.textContent()).toBe(`${scores.filter((score) => score >= line).length} of 14 abnormal`);
  await page.getByRole("button", { name: "Undo" }).click();
});

test("a product's threshold is calibrated, kept and used", async () => {
  await page.getByTestId("nav-calibrate").click();
  const good = ["coin-good.png", "gear-good.png", "tablet-good.png", "knit-good.png"];
  await page.getByTestId("good").setInputFiles(good.map((name) => join(EXAMPLES, name)));
  await page.getByTestId("calibrated-threshold").waitFor();
  const scores = await Promise.all(good.map((name) => scoreOf(name)));
  const expected = await post<{ threshold: number }>("/api/calibrate", { normal: scores });
  const shown = page.getByTestId("calibrated-threshold");
  await expect.poll(async () => Number(await shown.textContent())).toBeCloseTo(expected.threshold, 3);
  expect(await page.getByTestId("misses").textContent()).toBe("unknown without bad pictures");
  await page
    .getByTestId("bad")
    .setInputFiles(["coin-corrosion.png", "gear-chip.png"].map((name) => join(EXAMPLES, name)));
  await expect.poll(() => page.getByTestId("misses").textContent()).toMatch(/% expected; with 95% confidence/);
  await page.getByTestId("product-name").fill("코인 A");
  await page.getByTestId("save-product").click();
  await page.getByTestId("product-row").getByText("코인 A").waitFor();
  await shoot("page-calibrate");
  const line = await shown.textContent();
  await page.getByTestId("product-row").getByRole("button", { name: "Use" }).click();
  await expect.poll(async () => Number(await page.getByTestId("threshold").inputValue())).toBeCloseTo(Number(line), 2);
  await page.getByTestId("files").setInputFiles(join(EXAMPLES, "gear-chip.png"));
  await expect.poll(async () => (await results("product=코인 A")).length).toBe(1);
});

test("after a reload the history has everything, and finds it", async () => {
  await page.reload();
  await page.getByTestId("nav-history").click();
  const rows = page.getByTestId("history-row");
  await expect.poll(() => rows.count()).toBe(15);
  await shoot("page-history");
  await page.getByTestId("filter-query").fill("leather");
  await expect.poll(() => rows.count()).toBe(3);
  await page.getByTestId("filter-query").fill("");
  await page.getByTestId("filter-minScore").fill("0.5");
  const high = (await results("minScore=0.5")).length;
  await expect.poll(() => rows.count()).toBe(high);
  await page.getByTestId("filter-minScore").fill("");
  await page.getByTestId("filter-from").fill("2020-01-01");
  await page.getByTestId("filter-to").fill("2020-01-02");
  await page.getByText("Nothing was found").waitFor();
  await page.getByTestId("filter-from").fill("");
  await page.getByTestId("filter-to").fill("");
  await rows.filter({ hasText: "leather-burn.png" }).click();
  await page.locator('[data-testid=heat][data-loaded="true"]').waitFor();
  await page.getByRole("button", { name: /Back/ }).click();
});

test("results are exported as a table, a report and a zip", async () => {
  await page.getByTestId("filter-query").fill("coin");
  await expect.poll(() => page.getByTestId("history-row").count()).toBe(2);
  const csv = (await download("export-csv")).toString();
  expect(csv.trim().split("\n").length).toBe(3);
  expect(csv).toContain("coin-corrosion.png");
  const html = (await download("export-html")).toString();
  expect(html).toContain("coin-good.png");
  expect(html).toMatch(/^<!doctype html>/i);
  const zip = await download("export-zip");
  expect(zip.subarray(0, 2).toString()).toBe("PK");
  // Stored, not compressed: the picture is in it as it was sent.
  expect(zip.includes(await readFile(join(EXAMPLES, "coin-good.png")))).toBe(true);
  await page.getByTestId("filter-query").fill("");
});

test("two models are compared side by side", async () => {
  await page.getByTestId("nav-compare").click();
  await page.getByTestId("compare-file").setInputFiles(join(EXAMPLES, "coin-corrosion.png"));
  await expect.poll(() => page.locator('[data-testid=heat][data-loaded="true"]').count()).toBe(2);
  const names = await page.getByTestId("compared").locator("strong").allTextContents();
  expect(names).toEqual(["embedded", "coarse"]);
  const drawn = await page
    .getByTestId("heat")
    .evaluateAll((canvases) => canvases.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
  expect(drawn[0]).not.toBe(drawn[1]);
  await shoot("page-compare");
});

test("a zip is looked at in the background, and a folder of the service", async () => {
  await page.getByTestId("nav-jobs").click();
  const zip = join(folder, "shift.zip");
  await writeFile(
    zip,
    await zipped({ "good.png": "gear-good.png", "bad.png": "gear-chip.png" }, { "torn.png": "torn" }),
  );
  await page.getByTestId("job-files").setInputFiles(zip);
  const job = page.getByTestId("job").filter({ hasText: "shift.zip" });
  await expect.poll(() => job.getAttribute("data-state")).toBe("done");
  expect(await job.textContent()).toContain("3 of 3");
  await job.getByText("Pictures that failed").click();
  expect(await job.locator("li").textContent()).toContain("torn.png");
  await page.getByRole("button", { name: "Start on examples" }).click();
  const all = page.getByTestId("job").filter({ hasText: "14 of 14" });
  await expect.poll(() => all.getAttribute("data-state")).toBe("done");
  await shoot("page-jobs");
  await all.getByText("Show results").click();
  await expect.poll(() => page.getByTestId("history-row").count()).toBe(14);
});

test("a training is watched as it goes", async () => {
  await page.getByTestId("nav-runs").click();
  await page.getByText("Epoch 3: loss").waitFor();
  await appendFile(join(folder, "runs", "first", "log.jsonl"), trainingLines(4, 5));
  await page.getByText("Epoch 5: loss").waitFor();
  expect(await page.locator(".chart svg path").count()).toBeGreaterThan(1);
  await shoot("page-runs");
});

test("language and colours are chosen, and stay", async () => {
  await page.getByTestId("language").selectOption("ko");
  await page.getByTestId("theme").selectOption("dark");
  await page.reload();
  expect(await page.getByTestId("nav-history").textContent()).toBe("기록");
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(paper).toBe("rgb(20, 23, 28)");
  await page.getByTestId("nav-inspect").click();
  await page
    .getByTestId("files")
    .setInputFiles(["leather-burn.png", "gear-chip.png", "knit-loose-thread.png"].map((name) => join(EXAMPLES, name)));
  await page.getByText("전체 3장 중").waitFor();
  await page.locator('[data-testid=heat][data-loaded="true"]').waitFor();
  await page.setViewportSize(TABLET);
  expect(await overflow(page)).toBe(0);
  await shoot("page-tablet-korean");
  for (const view of ["calibrate", "history", "compare", "jobs", "runs"]) {
    await page.getByTestId(`nav-${view}`).click();
    await delay(200);
    expect(await overflow(page), `${view} on a tablet`).toBe(0);
  }
  await page.getByTestId("nav-inspect").click();
  await page.getByTestId("theme").selectOption("light");
  await page.getByTestId("language").selectOption("en");
  await page.locator('[data-testid=heat][data-loaded="true"]').waitFor();
  await shoot("page-tablet");
  await page.setViewportSize(DESKTOP);
});

test("nothing that the page did was forbidden or failed", () => {
  // The only failures are those that were asked for: the broken picture, twice.
  expect(complaints.filter((text) => !/422/.test(text))).toEqual([]);
});

test("with a token, the page asks for it once", async () => {
  const guarded = await startService(["--data", join(folder, "guarded")], { ANOMALYCLIP_TOKEN: "correct horse" });
  try {
    const context = await browser.newContext({ locale: "en" });
    const tab = await context.newPage();
    await tab.goto(guarded.url);
    await tab.route("**/api/session", (route) => route.abort());
    await tab.getByTestId("token").fill("correct horse");
    await tab.getByRole("button", { name: "Enter" }).click();
    await tab.getByText(/service does not answer/).waitFor();
    await tab.unroute("**/api/session");
    await tab.getByTestId("token").fill("wrong horse");
    await tab.getByRole("button", { name: "Enter" }).click();
    await tab.getByText(/token is wrong/).waitFor();
    await tab.getByTestId("token").fill("correct horse");
    await tab.getByRole("button", { name: "Enter" }).click();
    await tab.getByTestId("files").setInputFiles(join(EXAMPLES, "coin-good.png"));
    await tab.locator('[data-testid=heat][data-loaded="true"]').waitFor();
    await tab.reload();
    await tab.getByTestId("nav-history").click();
    await tab.getByTestId("history-row").waitFor();
    await context.close();
  } finally {
    expect(await guarded.stop()).toBe(0);
  }
});

// --- internal ---

interface Listed {
  id: string;
  score: number;
  layers: number;
  regions: unknown[];
}

function watch(watched: Page): void {
  watched.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  watched.on("pageerror", (error) => complaints.push(String(error)));
}

async function results(query: string): Promise<Listed[]> {
  const response = await fetch(`${service.url}/api/results?limit=100&${query}`);
  return ((await response.json()) as { results: Listed[] }).results;
}

async function mapOf(id: string): Promise<AnomalyMap> {
  return readMap(await (await fetch(`${service.url}/api/results/${id}/map.npy`)).arrayBuffer());
}

async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await (await fetch(service.url + path, init)).json()) as Answer;
}

async function scoreOf(name: string): Promise<number> {
  const body = await readFile(join(EXAMPLES, name));
  const init = { method: "POST", headers: { "Content-Type": "image/png" }, body };
  const answer = await (await fetch(`${service.url}/api/detect?keep=false`, init)).json();
  return (answer as { results: Listed[] }).results[0]!.score;
}

/** Drops files of `examples/` as a file manager does. */
async function drop(on: Page, target: Locator, names: readonly string[]): Promise<void> {
  const files = await Promise.all(
    names.map(async (name) => ({ name, data: (await readFile(join(EXAMPLES, name))).toString("base64") })),
  );
  const transfer = await on.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const { name, data: text } of given) {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], name, { type: "image/png" }));
    }
    return data;
  }, files);
  await target.dispatchEvent("dragover", { dataTransfer: transfer });
  await target.dispatchEvent("drop", { dataTransfer: transfer });
}

async function download(testid: string): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByTestId(testid).click()]);
  return await readFile(await file.path());
}

/** Pixels that the page is wider than its window. */
async function overflow(of: Page): Promise<number> {
  return await of.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

async function zipped(examples: Record<string, string>, texts: Record<string, string>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, example] of Object.entries(examples)) zip.addFile(join(EXAMPLES, example), name);
  for (const [name, text] of Object.entries(texts)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function trainingLines(from: number, to: number): string {
  const lines: object[] = [];
  for (let epoch = from; epoch <= to; epoch++) {
    const losses = (step: number) => ({ loss: 2 / (epoch + step / 20), global: 0.4, local: 0.2 });
    for (let step = 1; step <= 20; step++) {
      lines.push({ kind: "step", epoch, step, ...losses(step), learningRate: 0.001, seconds: 0.1 });
    }
    lines.push({ kind: "epoch", epoch, ...losses(10), validation: { ...losses(5), auroc: 0.8 }, seconds: 2 });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

async function shoot(name: string): Promise<void> {
  const kept = process.env.SCREENSHOTS;
  if (kept === undefined) return;
  await mkdir(kept, { recursive: true });
  // Images that come when they are scrolled to are not waited for by what is tested.
  await page.waitForLoadState("networkidle");
  const picture = await page.screenshot();
  await sharp(picture)
    .png({ palette: true, effort: 10 })
    .toFile(join(kept, `${name}.png`));
}
