import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import type { Problem, Result, Run } from "./api.ts";
import { detectionOf, makeApp, type TestedApp } from "./app.fixture.ts";
import { newId } from "./picture-store.ts";

const folder = useTemporaryFolder();
const PNG = { method: "POST", headers: { "Content-Type": "image/png" }, body: "a picture" };
let tested: TestedApp;
let detect = async () => detectionOf(0.25);

beforeAll(async () => {
  await mkdir(folder.path("data"));
  tested = makeApp(folder.path("data"), () => detect(), folder.path("runs"));
});
afterAll(() => tested.history.close());
const ask = async (path: string, init?: RequestInit) => await tested.app.request(`http://localhost${path}`, init);
const problemOf = async (response: Response) => (await response.json()) as Problem;

describe("a number in a query", () => {
  test.each(["", "%20", "x", "2"])("is not made of %j", async (text) => {
    for (const request of [
      ask(`/api/detect?threshold=${text}`, PNG),
      ask(`/api/jobs?threshold=${text}`, PNG),
      ask(`/api/results?minScore=${text}`),
      ask(`/api/results/export?format=csv&maxScore=${text}`),
    ]) {
      const response = await request;
      expect(response.status).toBe(400);
      expect((await problemOf(response)).detail).toMatch(/^(threshold|minScore|maxScore): /);
    }
  });

  test("is taken as it is, and may be left out", async () => {
    for (const [query, threshold, verdict] of [
      ["", 0.5, "normal"],
      ["?threshold=0.125", 0.125, "abnormal"],
      ["?threshold=0", 0, "abnormal"],
    ] as const) {
      const { results } = (await (await ask(`/api/detect${query}`, PNG)).json()) as { results: Result[] };
      expect(results[0]).toMatchObject({ threshold, verdict });
    }
    expect(await (await ask("/api/results?limit=1&offset=1&minScore=0.2")).json()).toMatchObject({ total: 3 });
  });

  test("is described as a number", async () => {
    const { paths } = (await (await ask("/openapi.json")).json()) as {
      paths: Record<string, Record<string, { parameters: { name: string; required?: boolean; schema: object }[] }>>;
    };
    const threshold = paths["/api/detect"]!.post!.parameters.find(({ name }) => name === "threshold")!;
    expect(threshold).toMatchObject({ required: false, schema: { type: "number", minimum: 0, maximum: 1 } });
    const limit = paths["/api/results"]!.get!.parameters.find(({ name }) => name === "limit")!;
    expect(limit).toMatchObject({ required: false, schema: { type: "integer", default: 50 } });
  });
});

test("a score that is no number is the failure of its picture", async () => {
  detect = async () => detectionOf(Number.NaN);
  const response = await ask("/api/detect", PNG);
  detect = async () => detectionOf(0.25);
  expect(response.status).toBe(422);
  expect((await problemOf(response)).detail).toBe("picture: the model gave a score that is not finite");
});

test("a request whose client went away while it waited is counted, whatever the reason is made of", async () => {
  const gone = new AbortController();
  detect = async () => {
    gone.abort("Client connection prematurely closed.");
    throw gone.signal.reason;
  };
  const response = await ask("/api/detect", { ...PNG, signal: gone.signal });
  detect = async () => detectionOf(0.25);
  expect(response.status).toBe(499);
  expect(await (await ask("/metrics")).text()).toContain('{method="POST",status="499"} 1');
});

describe("HEAD", () => {
  test("ends an export that nobody reads", async () => {
    const rows = new Readable({ read: () => undefined });
    const csv = vi.spyOn(tested.service.exports, "csv").mockReturnValue(rows);
    const response = await ask("/api/results/export?format=csv", { method: "HEAD" });
    csv.mockRestore();
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
    await expect.poll(() => rows.destroyed).toBe(true);
  });

  test.each(["jobs", "runs"])("ends the events of %s that nobody reads", async (kind) => {
    const begun = vi.spyOn(globalThis, "setInterval");
    const ended = vi.spyOn(globalThis, "clearInterval");
    const id = kind === "jobs" ? makeJob() : await makeRun();
    const response = await ask(`/api/${kind}/${id}/events`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const beat = begun.mock.results[0]!.value;
    await expect.poll(() => ended.mock.calls.flat()).toContain(beat);
    vi.restoreAllMocks();
  });

  /** A job that is not over, with more to tell than is sent before somebody reads. */
  function makeJob(): string {
    const { history } = tested.service.inspector;
    const id = newId();
    const choice = { folder: null, model: "embedded", product: null, threshold: null };
    const state = { state: "waiting", total: null, error: null, normal: 0, abnormal: 0, failed: 0 } as const;
    history.addJob({ id, created: "", source: "", ...choice, ...state });
    for (const image of ["a.png", "b.png", "c.png"]) history.addFailure(id, { image, error: "no picture" });
    return id;
  }

  async function makeRun(): Promise<string> {
    await mkdir(folder.path("runs"), { recursive: true });
    await folder.write("runs/log.jsonl", '{"kind":"step"}\n'.repeat(10));
    return "log.jsonl";
  }
});

test("each run can be opened by its id, also two in one folder and one in the folder that is searched", async () => {
  await mkdir(folder.path("runs/line 3"), { recursive: true });
  for (const name of ["log.jsonl", "scores.jsonl", "line 3/log.jsonl", "line 3/scores.jsonl"]) {
    await folder.write(join("runs", name), `{"of":"${name}"}\n`);
  }
  const { runs } = (await (await ask("/api/runs")).json()) as { runs: Run[] };
  expect(new Set(runs.map(({ id }) => id)).size).toBe(4);
  for (const { id, kind } of runs) {
    // As a browser asks: what is a path of its own to it is normalised away.
    const url = new URL(`http://localhost/api/runs/${encodeURIComponent(id)}/events`);
    const response = await ask(url.pathname);
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    const line = new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    expect(JSON.parse(/data: (.*)/.exec(line)![1]!)).toEqual({ of: id });
    expect(id.endsWith("log.jsonl")).toBe(kind === "training");
  }
});
