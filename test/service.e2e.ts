/** The service as other programs use it: answers, limits, jobs, the token, ending and going on. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job, Problem, Result } from "../src/server/api.ts";
import { type ServiceProcess, startService } from "./service.fixture.ts";

const EXAMPLES = new URL("../examples/", import.meta.url).pathname;

let folder: string;
const picture = (name: string) => readFile(join(EXAMPLES, name));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "anomalyclip-service-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a service on this machine", () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await startService([
      "--data",
      join(folder, "first"),
      "--folder",
      `examples=${EXAMPLES}`,
      "--max-images",
      "3",
    ]);
  });
  afterAll(() => service.kill());
  const get = (path: string, headers: Record<string, string> = {}) => fetch(service.url + path, { headers });
  const detect = async (init: RequestInit & { query?: string }) =>
    await fetch(`${service.url}/api/detect?${init.query ?? ""}`, { method: "POST", ...init });
  const raw = async (name: string, more: Record<string, string> = {}) => ({
    headers: { "Content-Type": "image/png", ...more },
    body: new Uint8Array(await picture(name)),
  });

  test("a picture has the same score however it is sent, and is kept as it was answered", async () => {
    const form = new FormData();
    form.append("image", new Blob([new Uint8Array(await picture("coin-corrosion.png"))]), "결함.png");
    const json = JSON.stringify({ images: [{ data: (await picture("coin-corrosion.png")).toString("base64") }] });
    const answers = await Promise.all(
      [
        await raw("coin-corrosion.png"),
        { body: form },
        { headers: { "Content-Type": "application/json" }, body: json },
      ].map(async (init) => (await (await detect(init)).json()) as { results: Result[] }),
    );
    const results = answers.map((answer) => answer.results[0]!);
    expect(new Set(results.map(({ score }) => score)).size).toBe(1);
    expect(results.map(({ image }) => image)).toEqual(["picture", "결함.png", "picture 1"]);
    expect(results[0]).toMatchObject({
      verdict: "abnormal",
      width: 320,
      height: 320,
      model: "embedded",
      product: null,
    });
    const kept = (await (await get(`/api/results/${results[1]!.id}`)).json()) as Result;
    expect(kept).toEqual(results[1]);
  });

  test("an overlay, a map of numbers and a grey map are answered by Accept", async () => {
    const ask = async (Accept: string) => {
      const response = await detect({ ...(await raw("coin-corrosion.png", { Accept })), query: "keep=false" });
      expect(response.status).toBe(200);
      expect(response.headers.get("X-Result-Id")).toBeNull();
      expect(response.headers.get("X-Verdict")).toBe("abnormal");
      return Buffer.from(await response.arrayBuffer());
    };
    const overlay = await sharp(await ask("image/png")).metadata();
    expect([overlay.width, overlay.height, overlay.format]).toEqual([320, 320, "png"]);
    const npy = await ask("application/x-npy");
    expect(npy.subarray(1, 6).toString()).toBe("NUMPY");
    const values = new Float32Array(
      npy.subarray(npy.length - 256 * 256 * 4).buffer.slice(npy.byteOffset + npy.length - 256 * 256 * 4),
    );
    const { data, info } = await sharp(await ask("image/x-anomaly-map+png"))
      .toColourspace("grey16")
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    const grey = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    expect(info.width).toBe(256);
    for (let i = 0; i < values.length; i += 501) expect(grey[i * info.channels]! / 65535).toBeCloseTo(values[i]!, 4);
  });

  test.each([
    [
      "a text as a picture",
      422,
      async () => ({ headers: { "Content-Type": "image/png" }, body: "hello" }),
      "",
      "not a picture",
    ],
    ["an unknown model", 404, () => raw("coin-good.png"), "model=large", "there is embedded"],
    ["an unknown product", 404, () => raw("coin-good.png"), "product=cup", "calibrate one first"],
    ["a threshold above 1", 400, () => raw("coin-good.png"), "threshold=2", "threshold"],
    [
      "a type that is no picture",
      415,
      async () => ({ headers: { "Content-Type": "text/plain" }, body: "x" }),
      "",
      "multipart/form-data",
    ],
    [
      "an Accept that it does not have",
      406,
      () => raw("coin-good.png", { Accept: "text/html" }),
      "",
      "application/json",
    ],
    ["too many pictures", 413, () => forms(4), "", "more than the 3"],
  ])("%s is answered with %i and a sentence", async (_, status, init, query, sentence) => {
    const response = await detect({
      ...(await init()),
      query,
      headers: { ...(await init()).headers, "X-Request-Id": "abc-1" },
    });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = (await response.json()) as Problem;
    expect(problem).toMatchObject({ status, type: "about:blank", instance: "abc-1" });
    expect(problem.detail).toContain(sentence);
    expect(response.status).toBe(status);
    expect(response.headers.get("X-Request-Id")).toBe("abc-1");
  });

  async function forms(count: number): Promise<{ headers: Record<string, string>; body: FormData }> {
    const body = new FormData();
    for (let i = 0; i < count; i++)
      body.append("image", new Blob([new Uint8Array(await picture("coin-good.png"))]), `${i}.png`);
    return { headers: {}, body };
  }

  test("a picture that decodes to more than is allowed is refused before it is decoded", async () => {
    const large = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: "white" } })
      .png()
      .toBuffer();
    const response = await detect({ headers: { "Content-Type": "image/png" }, body: new Uint8Array(large) });
    expect(response.status).toBe(422);
    expect(((await response.json()) as Problem).detail).toMatch(/81 megapixels|9000/);
  });

  test("of several pictures, one that is none does not spoil the others", async () => {
    const { body } = await forms(1);
    body.append("image", new Blob(["hello"]), "b.png");
    const { results } = (await (await detect({ body })).json()) as { results: (Result & { error?: string })[] };
    expect(results.map(({ image, score, error }) => [image, typeof score, typeof error])).toEqual([
      ["0.png", "number", "undefined"],
      ["b.png", "undefined", "string"],
    ]);
  });

  test("health, readiness, figures and the description are there", async () => {
    expect((await get("/health")).status).toBe(200);
    expect((await get("/ready")).status).toBe(200);
    const metrics = await (await get("/metrics")).text();
    expect(metrics).toMatch(/^anomalyclip_pictures_total\{verdict="abnormal"\} \d+/m);
    expect(metrics).toMatch(/^anomalyclip_http_requests_total\{.*status="422".*\} \d+/m);
    const document = (await (await get("/openapi.json")).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { summary?: string; responses: object }>>;
    };
    expect(document.openapi).toBe("3.1.0");
    for (const path of ["/api/detect", "/api/jobs/{id}/events", "/api/results/export", "/v2/models/{name}/infer"]) {
      expect(Object.keys(document.paths)).toContain(path);
    }
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation.summary, path).toBeTruthy();
        expect(Object.keys(operation.responses).length, path).toBeGreaterThan(0);
      }
    }
  });

  test("the page may load nothing from elsewhere, and run nothing that is written into it", async () => {
    const response = await get("/");
    const policy = response.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).not.toMatch(/https?:\/\/(?!www\.w3\.org)|<script>|style="/);
  });

  test("pages of other sites, and names that lead here, are refused", async () => {
    const { hostname, port } = new URL(service.url);
    const init = { ...(await raw("coin-good.png", { Origin: "https://evil.example" })) };
    expect((await detect(init)).status).toBe(403);
    const { request } = await import("node:http");
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { Host: "evil.example" };
      request({ hostname, port, path: "/api/results", headers }, (answer) => resolve(answer.statusCode!))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(403);
  });

  test("a job on a folder tells of its progress until it is over", async () => {
    const init = { method: "POST", headers: { "Content-Type": "application/json" } };
    const unknown = await fetch(`${service.url}/api/jobs`, { ...init, body: '{"folder":"../etc"}' });
    expect(unknown.status).toBe(404);
    const response = await fetch(`${service.url}/api/jobs`, { ...init, body: '{"folder":"examples"}' });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as Job;
    const events = await (await get(`/api/jobs/${id}/events`)).text();
    const jobs = [...events.matchAll(/event: job\ndata: (.*)\n/g)].map(([, data]) => JSON.parse(data!) as Job);
    expect(jobs.length).toBeGreaterThan(1);
    expect(jobs.at(-1)).toMatchObject({ state: "done", total: 14, failed: 0 });
    const { total } = (await (await get(`/api/results?job=${id}`)).json()) as { total: number };
    expect(total).toBe(14);
    expect((await fetch(`${service.url}/api/jobs/${id}`, { method: "DELETE" })).status).toBe(409);
  });

  test("what is removed is gone with its files", async () => {
    const { results } = (await (await detect(await raw("gear-good.png"))).json()) as { results: Result[] };
    const path = `/api/results/${results[0]!.id}`;
    expect((await get(`${path}/map.npy`)).status).toBe(200);
    expect((await fetch(service.url + path, { method: "DELETE" })).status).toBe(204);
    expect((await get(path)).status).toBe(404);
    expect((await get(`${path}/map.npy`)).status).toBe(404);
    const files = await readdir(join(folder, "first", "pictures"), { recursive: true });
    expect(files.filter((name) => name.includes(results[0]!.id!))).toEqual([]);
  });

  test("a second service does not touch the data folder of the first", async () => {
    await expect(startService(["--data", join(folder, "first")])).rejects.toThrow(
      "another service uses this data folder",
    );
  });
});

test("beyond its queue, callers are told when to come back, and who waits is served", async () => {
  const service = await startService(["--data", join(folder, "busy"), "--queue", "4"]);
  const body = new Uint8Array(await picture("coin-good.png"));
  const send = () =>
    fetch(`${service.url}/api/detect`, { method: "POST", headers: { "Content-Type": "image/png" }, body });
  const answers = await Promise.all(Array.from({ length: 20 }, send));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(20);
  expect(refused.length).toBeGreaterThanOrEqual(8);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(4);
  for (const answer of refused) {
    expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(((await answer.json()) as Problem).detail).toMatch(/busy.*try again in \d+ s/);
  }
  expect((await send()).status).toBe(200);
  expect(await service.stop()).toBe(0);
});

test("an address that asks too often is told so; what watches the service is not counted", async () => {
  const service = await startService(["--data", join(folder, "rate"), "--rate", "5"]);
  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) statuses.push((await fetch(`${service.url}/api/models`)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
  expect((await fetch(`${service.url}/health`)).status).toBe(200);
  await service.kill();
});

test("asked to end, it answers what it accepted, takes no more, and goes on with its jobs the next time", async () => {
  const data = join(folder, "ending");
  const many = join(folder, "many");
  const { mkdir } = await import("node:fs/promises");
  await mkdir(many);
  const good = await picture("coin-good.png");
  for (let i = 0; i < 40; i++) await writeFile(join(many, `${String(i).padStart(2, "0")}.png`), good);
  const args = ["--data", data, "--folder", `many=${many}`];
  const service = await startService(args);
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"folder":"many"}' };
  const { id } = (await (await fetch(`${service.url}/api/jobs`, init)).json()) as Job;
  const jobOf = async (url: string) => (await (await fetch(`${url}/api/jobs/${id}`)).json()) as Job;
  await expect.poll(async () => (await jobOf(service.url)).normal, { timeout: 20_000 }).toBeGreaterThan(2);
  const body = new Uint8Array(good);
  const post = () =>
    fetch(`${service.url}/api/detect`, { method: "POST", headers: { "Content-Type": "image/png" }, body });
  const accepted = Array.from({ length: 8 }, post);
  await delay(150);
  const ended = service.stop();
  expect((await Promise.all(accepted)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  await expect(post()).rejects.toThrow();
  expect(await ended).toBe(0);

  const again = await startService(args);
  const before = await jobOf(again.url);
  expect(["waiting", "running"]).toContain(before.state);
  await expect.poll(async () => (await jobOf(again.url)).state, { timeout: 30_000 }).toBe("done");
  expect(await jobOf(again.url)).toMatchObject({ total: 40, normal: 40, failed: 0 });
  const { total } = (await (await fetch(`${again.url}/api/results?job=${id}`)).json()) as { total: number };
  expect(total).toBe(40);
  expect(await again.stop()).toBe(0);
});

test("with a token, nothing but health is answered without it", async () => {
  const token = "correct horse battery";
  const service = await startService(["--data", join(folder, "token"), "--host", "0.0.0.0"], {
    ANOMALYCLIP_TOKEN: token,
  });
  const url = service.url.replace("0.0.0.0", "127.0.0.1");
  const ask = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers });
  for (const path of ["/api/results", "/api/info", "/metrics", "/v2/models/embedded", "/openapi.json"]) {
    expect((await ask(path)).status, path).toBe(401);
    expect((await ask(path, { Authorization: `Bearer ${token}` })).status, path).toBe(200);
  }
  for (const path of ["/", "/health", "/ready", "/v2/health/live"]) expect((await ask(path)).status, path).toBe(200);
  const wrong = await Promise.all(Array.from({ length: 12 }, () => ask("/api/results", { Authorization: "Bearer x" })));
  expect(wrong.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429]);
  expect((await ask("/api/results", { Authorization: `Bearer ${token}` })).status).toBe(200);
  const session = await fetch(`${url}/api/session`, {
    ...{ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) },
  });
  const cookie = session.headers.get("set-cookie")!;
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  expect(cookie).not.toContain(token);
  expect((await ask("/api/results", { Cookie: cookie.split(";")[0]! })).status).toBe(200);
  expect(await service.stop()).toBe(0);
});

test("others are not let in without a token", async () => {
  const started = startService(["--data", join(folder, "open"), "--host", "0.0.0.0"], { ANOMALYCLIP_TOKEN: "" });
  await expect(started).rejects.toThrow("set a token");
});
