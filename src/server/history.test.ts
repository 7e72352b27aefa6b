import Database from "libsql";
import { expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import type { ListQuery } from "./api.ts";
import { History, type KeptResult } from "./history.ts";
import { MIGRATIONS } from "./migrations.ts";
import { newId } from "./picture-store.ts";

const folder = useTemporaryFolder();
let files = 0;

function path(): string {
  return folder.path(`${++files}.sqlite`);
}

function result(values: Partial<KeptResult> = {}): KeptResult {
  return {
    ...{ id: newId(), created: new Date().toISOString(), image: "a.png", width: 4, height: 3, score: 0.5 },
    ...{ verdict: "abnormal", threshold: 0.5, layers: 1, mapMin: 0, mapMax: 1, mapMean: 0.25 },
    ...{ regions: [{ x: 1, y: 2, width: 1, height: 1, area: 1, peak: 0.75 }] },
    ...{ model: "embedded", product: null, job: null, milliseconds: 5 },
    ...values,
  } as KeptResult;
}

function query(values: Partial<ListQuery> = {}): ListQuery {
  return { sort: "newest", limit: 50, offset: 0, ...values };
}

test("what was added comes back the same, also from a file that was closed", () => {
  const file = path();
  const added = result({ image: '결함\'s "1".png', product: "coin" });
  const history = new History(file);
  history.addResult(added);
  history.close();
  const again = new History(file);
  expect(again.result(added.id)).toEqual(added);
  expect(again.list(query())).toEqual({ total: 1, results: [added] });
  again.close();
});

test("filters choose, and text in them is text", () => {
  const history = new History(path());
  const results = [
    result({
      image: "Coin-1.png",
      score: 0.1,
      verdict: "normal",
      product: "coin",
      created: "2026-01-01T00:00:00.000Z",
    }),
    result({ image: "coin-2.png", score: 0.9, product: "coin", created: "2026-02-01T00:00:00.000Z", model: "large" }),
    result({ image: "100%.png", score: 0.6, job: "j", created: "2026-03-01T00:00:00.000Z" }),
  ];
  for (const one of results) history.addResult(one);
  const images = (values: Partial<ListQuery>) => history.list(query(values)).results.map(({ image }) => image);
  expect(images({})).toEqual(["100%.png", "coin-2.png", "Coin-1.png"]);
  expect(images({ sort: "lowest" })).toEqual(["Coin-1.png", "100%.png", "coin-2.png"]);
  expect(images({ query: "COIN" })).toEqual(["coin-2.png", "Coin-1.png"]);
  expect(images({ query: "%" })).toEqual(["100%.png"]);
  expect(images({ query: "' OR 1=1 --" })).toEqual([]);
  expect(images({ product: "coin", verdict: "normal" })).toEqual(["Coin-1.png"]);
  expect(images({ model: "large" })).toEqual(["coin-2.png"]);
  expect(images({ job: "j" })).toEqual(["100%.png"]);
  expect(images({ minScore: 0.2, maxScore: 0.7 })).toEqual(["100%.png"]);
  // The same moment in another zone.
  expect(images({ from: "2026-02-01T09:00:00+09:00", to: "2026-02-15T00:00:00Z" })).toEqual(["coin-2.png"]);
  expect(images({ limit: 1, offset: 1 })).toEqual(["coin-2.png"]);
  expect([...history.all({ product: "coin" }, 1)].map(({ image }) => image)).toEqual(["coin-2.png", "Coin-1.png"]);
  history.close();
});

test("a job counts its results and failures as they are kept", () => {
  const history = new History(path());
  const id = newId();
  const job = { id, created: "2026-01-01T00:00:00.000Z", source: "a.zip", folder: null, threshold: null };
  const open = { state: "waiting", model: "embedded", product: null, total: null, error: null } as const;
  history.addJob({ ...job, ...open, normal: 0, abnormal: 0, failed: 0 });
  history.addResult(result({ job: id }));
  history.addResult(result({ job: id, verdict: "normal" }));
  history.addFailure(id, { image: "b.png", error: "broken" });
  expect(history.job(id)).toMatchObject({ normal: 1, abnormal: 1, failed: 1 });
  expect(history.failures(id)).toEqual([{ image: "b.png", error: "broken" }]);
  expect(history.openJobs().map((one) => one.id)).toEqual([id]);
  expect([...history.lookedAt(id)].sort()).toEqual(["a.png", "b.png"]);
  history.setJob(id, { state: "done", total: 3, error: null });
  expect(history.openJobs()).toEqual([]);
  history.close();
});

test("a result that cannot be added changes nothing", () => {
  const history = new History(path());
  const one = result();
  history.addResult(one);
  expect(() => history.addResult(one)).toThrow(/UNIQUE/);
  history.addResult(result());
  expect(history.list(query()).total).toBe(2);
  history.close();
});

test("retention removes what is too old and too much, oldest first", () => {
  const history = new History(path());
  const days = [1, 2, 3, 4, 5].map((day) => result({ created: `2026-01-0${day}T00:00:00.000Z` }));
  for (const one of days) history.addResult(one);
  const now = new Date("2026-01-06T00:00:00Z");
  expect(history.sweep({ days: null, results: null }, now)).toEqual([]);
  expect(history.sweep({ days: 4.5, results: null }, now)).toEqual([days[0]]);
  expect(history.sweep({ days: null, results: 3 }, now)).toEqual([days[1]]);
  expect(history.sweep({ days: null, results: 3 }, now)).toEqual([]);
  expect(history.sweep({ days: null, results: 0 }, now)).toHaveLength(3);
  history.close();
});

test("products are put, replaced and removed", () => {
  const history = new History(path());
  const falseAlarms = { rate: 0, low: 0, high: 0.2 };
  const calibration = {
    threshold: 0.4,
    rule: "normals-only",
    normals: 9,
    abnormals: 0,
    falseAlarms,
    misses: null,
  } as const;
  const product = { name: "coin", threshold: 0.4, model: null, calibration, updated: "2026-01-01T00:00:00.000Z" };
  history.putProduct(product);
  history.putProduct({ ...product, threshold: 0.6 });
  expect(history.products()).toEqual([{ ...product, threshold: 0.6 }]);
  expect(history.removeProduct("coin")).toBe(true);
  expect(history.product("coin")).toBe(null);
  history.close();
});

test("a job that was open in the first version is gone on with where it was", () => {
  const file = path();
  const database = new Database(file);
  database.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1;`);
  const job = "INSERT INTO jobs (id, created, source, state, model) VALUES (?, 'then', 'a.zip', ?, 'embedded')";
  const result = `INSERT INTO results (id, created, image, width, height, score, verdict, threshold, layers, map_min, map_max,
    map_mean, regions, model, job, milliseconds) VALUES (?, 'then', ?, 1, 1, 0, 'normal', 1, 1, 0, 0, 0, '[]', 'embedded', ?, 1)`;
  database.prepare(job).run("open", "running");
  database.prepare(job).run("over", "done");
  database.prepare(result).run("1", "a.png", "open");
  database.prepare(result).run("2", "b.png", "over");
  database.prepare("INSERT INTO failures (job, image, error) VALUES ('open', 'c.png', 'broken')").run();
  database.close();
  const history = new History(file);
  expect([...history.lookedAt("open")].sort()).toEqual(["a.png", "c.png"]);
  expect(history.lookedAt("over").size).toBe(0);
  history.close();
});

test("a file of a later version, a damaged one and one in use are refused in one line", () => {
  const later = path();
  const database = new Database(later);
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  database.close();
  expect(() => new History(later)).toThrow(/later version/);
  const used = path();
  const first = new History(used);
  first.addResult(result());
  expect(() => new History(used)).toThrow(/another service/);
  first.close();
}, 20_000);
