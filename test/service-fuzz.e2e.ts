/** Broken and hostile requests to every endpoint: no 5xx, no crash. `FUZZ_SECONDS=300 npm run test:e2e -- -t fuzz` goes on for longer. */

import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startService } from "./service.fixture.ts";

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 15);

function pick<Item>(items: readonly Item[]): Item {
  return items[randomInt(items.length)]!;
}

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "FOO"];
const TEXTS = [
  "",
  "../../../../etc/passwd",
  "..%2f..%2fetc%2fpasswd",
  "%00",
  "%ff%fe",
  "%",
  "'; DROP TABLE results; --",
  "\u202egnp.exe",
  "NaN",
  "-1",
  "1e999",
  "null",
  "[]",
  "__proto__",
  "constructor",
  "a".repeat(3000),
  "01a20ccf900e08c5b04102d4967967b1",
  "<script>alert(1)</script>",
  "😀",
];
const PATHS = [
  "/",
  "/health",
  "/ready",
  "/metrics",
  "/openapi.json",
  "/api/info",
  "/api/models",
  "/api/session",
  "/api/detect",
  "/api/results",
  "/api/results/export",
  "/api/results/ID",
  "/api/results/ID/picture",
  "/api/results/ID/overlay.png",
  "/api/results/ID/thumbnail.jpg",
  "/api/results/ID/overlay-thumbnail.jpg",
  "/api/results/ID/map.png",
  "/api/results/ID/map.npy",
  "/api/calibrate",
  "/api/products",
  "/api/products/ID",
  "/api/jobs",
  "/api/jobs/ID",
  "/api/jobs/ID/events",
  "/api/runs",
  "/api/runs/ID/events",
  "/v2",
  "/v2/health/live",
  "/v2/health/ready",
  "/v2/models/ID",
  "/v2/models/embedded",
  "/v2/models/embedded/ready",
  "/v2/models/ID/infer",
  "/v2/models/embedded/infer",
  "/v2/models/embedded/versions/1/infer",
  "/v2/models/embedded/versions/ID/ready",
];
const QUERIES = [
  "model",
  "product",
  "threshold",
  "keep",
  "limit",
  "offset",
  "sort",
  "from",
  "minScore",
  "format",
  "query",
  "colormap",
  "verdict",
];
const TYPES = [
  "multipart/form-data; boundary=x",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  "application/json",
  "image/png",
  "image/jpeg",
  "application/octet-stream",
  "text/plain",
  "application/x-www-form-urlencoded",
  'a/b; c="',
];

function bodies(picture: Buffer): (() => Uint8Array | string)[] {
  const file = (name: string, content: Uint8Array | string, end = "--x--\r\n") =>
    Buffer.concat([
      Buffer.from(
        `--x\r\nContent-Disposition: form-data; name="${pick(["image", "file", ""])}"; filename="${name}"\r\nContent-Type: image/png\r\n\r\n`,
      ),
      Buffer.from(content as Uint8Array),
      Buffer.from(`\r\n${end}`),
    ]);
  const json = (value: unknown) => JSON.stringify(value);
  return [
    () => "",
    () => randomBytes(randomInt(1, 5000)),
    () => picture,
    () => picture.subarray(0, randomInt(picture.length)),
    () => {
      const torn = Buffer.from(picture);
      for (let i = 0; i < 20; i++) torn[randomInt(torn.length)] = randomInt(256);
      return torn;
    },
    () => file(pick(TEXTS).replaceAll('"', ""), picture),
    () => file("a.png", picture, ""),
    () => file("a.zip", randomBytes(300)),
    () => file("a.png", picture).subarray(0, randomInt(200)),
    () => "--x\r\n\r\n".repeat(500),
    () => "{",
    () => "[".repeat(10_000),
    () => json(null),
    () => json({ images: pick([null, [], {}, [{ data: 5 }], [{ data: "!!!" }], [{ name: {}, data: "aGFsbG8=" }]]) }),
    () => json({ images: [{ name: pick(TEXTS), data: picture.toString("base64") }] }),
    () =>
      json({
        normal: pick([null, [], [2], ["a"], [0.5, 0.1], [Number.NaN]]),
        abnormal: pick([undefined, [], [1], {}]),
      }),
    () =>
      json({
        threshold: pick([0.5, -1, "a", null, 1e9]),
        model: pick([null, "embedded", ...TEXTS]),
        calibration: pick([null, {}, []]),
      }),
    () => json({ folder: pick(TEXTS) }),
    () => json({ token: pick([...TEXTS, 5, null]) }),
    () =>
      json({
        inputs: [
          {
            name: pick(["image", "pixels", "x"]),
            datatype: pick(["BYTES", "UINT8", "FP32", "?"]),
            shape: pick([[1], [-1], [1e9, 1e9, 1e9, 3], [1, 2, 2, 3], []]),
            data: pick([["aGFsbG8="], [1, 2, 3], null, [[[[0]]]]]),
          },
        ],
      }),
    () => json({ inputs: [{ name: "pixels", datatype: "UINT8", shape: [1, 2, 2, 3], data: Array(12).fill(7) }] }),
    () => json({ inputs: [{ name: "image", datatype: "BYTES", shape: [1], data: [picture.toString("base64")] }] }),
    () =>
      `${json({ inputs: [{ name: "image", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 9 } }] })}123`,
  ];
}

/** Sends what no client library would. @returns the status, or 0 where the connection was closed without one */
function raw(url: URL, text: string): Promise<number> {
  return new Promise((resolve) => {
    let answer = "";
    const done = () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0));
    const socket = createConnection(Number(url.port), url.hostname, () => socket.write(text));
    socket.setTimeout(500, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", done);
    socket.on("close", done);
  });
}

const RAW = [
  `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
  `GET /${"a".repeat(50_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET //etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET http:// HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: ]:[\r\n\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "\0\0\0\0",
  "POST /api/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\nshort",
  "POST /api/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: -5\r\n\r\n",
  "POST /api/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
  "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999999\r\n\r\n--x\r\n",
];

test(
  `fuzzed for ${SECONDS} s, the service answers everything without a 5xx and lives`,
  async () => {
    const data = await mkdtemp(join(tmpdir(), "anomalyclip-fuzz-"));
    const service = await startService(["--data", data, "--rate", "1000000", "--max-upload", "1", "--max-images", "3"]);
    const url = new URL(service.url);
    const picture = await readFile(new URL("../examples/coin-good.png", import.meta.url));
    const makers = bodies(picture);
    const statuses = new Map<number, number>();
    const failures: string[] = [];
    let ids = ["01a20ccf900e08c5b04102d4967967b1"];
    const end = Date.now() + SECONDS * 1000;
    const note = (status: number, what: string) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) failures.push(`${status} ${what}`);
    };
    try {
      const clients = Array.from({ length: 8 }, async () => {
        while (Date.now() < end && failures.length < 10) {
          if (randomInt(20) === 0) {
            const text = pick(RAW);
            note(await raw(url, text), text.slice(0, 80));
            continue;
          }
          const method = pick(METHODS);
          const path = pick(PATHS).replace("ID", () =>
            randomInt(3) === 0 ? encodeURIComponent(pick(TEXTS)) : pick(ids),
          );
          const query =
            randomInt(2) === 0
              ? ""
              : `?${pick(QUERIES)}=${encodeURIComponent(pick([...TEXTS, "embedded", "0.5", "false", "csv", "zip", "html"]))}`;
          const bodyless = method === "GET" || method === "HEAD";
          const headers: Record<string, string> = {
            "Content-Type": pick(TYPES),
            Accept: pick([
              "*/*",
              "image/png",
              "application/x-npy",
              "image/x-anomaly-map+png",
              "text/html",
              ";;,q=",
              "application/json",
            ]),
          };
          if (randomInt(5) === 0) headers["Inference-Header-Content-Length"] = pick(["0", "-1", "99999999", "x", "12"]);
          if (randomInt(5) === 0) headers["X-File-Name"] = pick(["%", "%ff", "..%2f", "a.png"]);
          if (randomInt(8) === 0) headers.Origin = pick(["http://evil.example", "null", service.url]);
          const what = `${method} ${path}${query} ${JSON.stringify(headers)}`;
          try {
            const signal = AbortSignal.timeout(randomInt(15) === 0 ? randomInt(1, 30) : 20_000);
            const response = await fetch(`${service.url}${path}${query}`, {
              method,
              headers,
              signal,
              ...(bodyless ? {} : { body: pick(makers)() as Uint8Array<ArrayBuffer> }),
            });
            const text = await response.text();
            note(response.status, what);
            if (/\bat .*\.(js|ts):\d+/.test(text)) failures.push(`a stack trace: ${what}`);
            const found = /"id":"([0-9a-f]{32})"/.exec(text);
            if (found) ids = [...ids.slice(-30), found[1]!];
          } catch (error) {
            if ((error as Error).name === "TimeoutError") continue;
            // The server may close a connection whose body it refused; a dead one is found below.
            note(0, what);
          }
        }
      });
      await Promise.all(clients);
      expect(failures).toEqual([]);
      expect(service.process.exitCode).toBe(null);
      const init = { method: "POST", headers: { "Content-Type": "image/png" }, body: picture };
      expect((await fetch(`${service.url}/api/detect`, init)).status).toBe(200);
      expect(statuses.get(200) ?? 0).toBeGreaterThan(10);
      expect(statuses.get(400) ?? 0).toBeGreaterThan(10);
      console.log("answers by status:", JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b))));
      expect(await service.stop()).toBe(0);
    } finally {
      service.process.kill("SIGKILL");
      await rm(data, { recursive: true, force: true });
    }
  },
  (SECONDS + 120) * 1000,
);
