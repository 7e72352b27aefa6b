import { once } from "node:events";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import type { Info, Problem } from "./api.ts";
import { detectionOf } from "./app.fixture.ts";
import type { ServedDetector } from "./models.ts";
import { type RunningService, startService } from "./service.ts";

const folder = useTemporaryFolder();
let service: RunningService;
/** What the model does before it answers. */
let wait = async (_?: AbortSignal): Promise<unknown> => undefined;

beforeAll(async () => {
  const detect: ServedDetector["detect"] = async (_, { signal } = {}) => {
    await wait(signal);
    signal?.throwIfAborted();
    return detectionOf(0.25);
  };
  const detector = { detect, settings: { threshold: 0.5 }, description: {}, close: async () => undefined };
  service = await startService({
    ...{ host: "127.0.0.1", port: 0, token: null, data: folder.path("data"), perMinute: 1000, runs: null },
    ...{ models: [{ name: "embedded", options: {} }], keepModels: 1, batch: 1, queue: 3 },
    limits: { bytes: 1e6, pixels: 1e6, images: 32, seconds: 5 },
    retention: { days: null, results: null },
    folders: new Map(),
    logger: pino({ level: "silent" }),
    load: async () => detector as unknown as ServedDetector,
  });
});
afterAll(() => service.close());

test("a request with more pictures than may wait is told how many it may hold, whatever way it is sent", async () => {
  const { limits } = (await (await fetch(`${service.url}/api/info`)).json()) as Info;
  expect(limits.images).toBe(3);
  const data = Array(4).fill("eA==");
  const images = data.map((text) => ({ data: text }));
  const form = new FormData();
  for (const name of data.keys()) form.append("image", new Blob(["x"]), `${name}.png`);
  const send = (path: string, body: object) =>
    fetch(service.url + path, {
      ...{ method: "POST", body: body instanceof FormData ? body : JSON.stringify(body) },
      headers: body instanceof FormData ? {} : { "Content-Type": "application/json" },
    });
  const tensor = (count: number) => ({
    inputs: [{ name: "image", datatype: "BYTES", shape: [count], data: data.slice(0, count) }],
  });
  for (const [path, body] of [
    ["/api/detect", form],
    ["/api/detect", { images }],
    ["/v2/models/embedded/infer", tensor(4)],
  ] as const) {
    const response = await send(path, body);
    expect(response.status).toBe(413);
    expect(((await response.json()) as Problem).detail).toMatch(/more than the 3 .*: send fewer/);
  }
  expect((await send("/api/detect", { images: images.slice(0, 3) })).status).toBe(200);
  expect((await send("/v2/models/embedded/infer", tensor(3))).status).toBe(200);
});

test("a request whose client went away while it waited is counted", async () => {
  const gone = new AbortController();
  wait = async (signal) => {
    gone.abort();
    await once(signal!, "abort");
  };
  const init = { method: "POST", headers: { "Content-Type": "image/png" }, body: "x", signal: gone.signal };
  await expect(fetch(`${service.url}/api/detect`, init)).rejects.toThrow("aborted");
  const metrics = async () => (await fetch(`${service.url}/metrics`)).text();
  await expect.poll(metrics).toContain('{method="POST",status="499"} 1');
});

test("HEAD is answered as GET is, without the body", async () => {
  for (const format of ["csv", "html", "zip"]) {
    const response = await fetch(`${service.url}/api/results/export?format=${format}`, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("content-disposition")).toContain(`.${format}`);
  }
  expect((await fetch(`${service.url}/health`, { method: "HEAD" })).status).toBe(200);
});
