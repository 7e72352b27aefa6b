import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DownloadOptions, type DownloadProgress, downloadFile } from "./download.ts";
import { hashFile } from "./verified-file.ts";

const CONTENT = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));
const SHA256 = sha256Of(CONTENT);

let folder: string;
let target: string;
let server: Server;
let url: string;
let requests: IncomingMessage[];
let answer: RequestListener;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "download-"));
  target = join(folder, "model.pt");
  requests = [];
  answer = serve(CONTENT);
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.pt`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true, force: true });
});

describe("a server that does what it should", () => {
  test("a whole file arrives, with progress, and only it and its marker are left", async () => {
    const seen: DownloadProgress[] = [];
    expect(await download({ onProgress: (progress) => seen.push(progress) })).toBe(target);
    expect(await hashFile(target)).toBe(SHA256);
    expect((await readdir(folder)).sort()).toEqual(["model.pt", "model.pt.verified"]);
    expect(seen[0]).toEqual({ received: 0, total: CONTENT.length });
    expect(seen.at(-1)).toEqual({ received: CONTENT.length, total: CONTENT.length });
  });

  test("the folder is made where it is missing", async () => {
    target = join(folder, "a", "b", "model.pt");
    await download();
    expect(await hashFile(target)).toBe(SHA256);
  });

  test("a length that the server does not announce is accepted", async () => {
    answer = (_, response) => response.write(CONTENT.subarray(0, 1000)) && response.end(CONTENT.subarray(1000));
    const seen: DownloadProgress[] = [];
    await download({ onProgress: (progress) => seen.push(progress) });
    expect(await hashFile(target)).toBe(SHA256);
    expect(seen.at(-1)).toEqual({ received: CONTENT.length, total: null });
  });

  test("a file that is already right is not asked for", async () => {
    await writeFile(target, CONTENT);
    await download();
    expect(requests).toHaveLength(0);
  });

  test("a file with other content is replaced", async () => {
    await writeFile(target, "an error page");
    await download();
    expect(await hashFile(target)).toBe(SHA256);
  });
});

describe("interruptions", () => {
  test("a cut connection is continued where it broke off", async () => {
    answer = cutFirst(serve(CONTENT), 100_000);
    await download();
    expect(await hashFile(target)).toBe(SHA256);
    const [, second] = requests;
    const from = Number(/^bytes=(\d+)-$/.exec(second!.headers.range!)![1]);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(100_000);
    expect(second!.headers["if-range"]).toBe(`"${SHA256}"`);
    expect(requests).toHaveLength(2);
  });

  test("the next call continues what an aborted one left", async () => {
    const stop = new AbortController();
    const onProgress = ({ received }: DownloadProgress) => received > 0 && stop.abort(new Error("enough"));
    answer = cutFirst(serve(CONTENT), 100_000);
    await expect(download({ signal: stop.signal, onProgress })).rejects.toThrow("enough");
    const { size } = await stat(`${target}.part`);
    expect(size).toBeGreaterThan(0);
    await download();
    expect(await hashFile(target)).toBe(SHA256);
    expect(requests[1]!.headers.range).toBe(`bytes=${size}-`);
  });

  test("a part that is complete already is only checked", async () => {
    await writePart(CONTENT, { total: CONTENT.length });
    await download();
    expect(await hashFile(target)).toBe(SHA256);
    expect(requests).toHaveLength(0);
  });

  test("a server that ignores ranges is read from the beginning", async () => {
    await writePart(CONTENT.subarray(0, 5000));
    answer = serve(CONTENT, { ranges: false });
    await download();
    expect(requests[0]!.headers.range).toBe("bytes=5000-");
    expect(await hashFile(target)).toBe(SHA256);
  });

  test("a file that changed on the server is read from the beginning", async () => {
    await writePart(Buffer.alloc(5000, 7), { validator: '"an older version"' });
    await download();
    expect(requests[0]!.headers["if-range"]).toBe('"an older version"');
    expect(await hashFile(target)).toBe(SHA256);
  });

  test("a part of unknown origin is not continued", async () => {
    await writeFile(`${target}.part`, CONTENT.subarray(0, 5000));
    await download();
    expect(requests[0]!.headers.range).toBeUndefined();
    expect(await hashFile(target)).toBe(SHA256);
  });

  test.each([
    ["refuses the range", 416, "bytes */10"],
    ["sends another range", 206, "bytes 17-299999/300000"],
  ])("a server that %s is asked for the whole", async (_, status, range) => {
    await writePart(CONTENT.subarray(0, 5000));
    answer = (request, response) => {
      if (request.headers.range === undefined) return serve(CONTENT)(request, response);
      response.writeHead(status, { "content-range": range }).end();
    };
    await download();
    expect(requests).toHaveLength(2);
    expect(await hashFile(target)).toBe(SHA256);
  });

  test("a busy server is asked again", async () => {
    answer = (request, response) => {
      if (requests.length > 2) return serve(CONTENT)(request, response);
      response.writeHead(503).end();
    };
    await download();
    expect(requests).toHaveLength(3);
  });

  test("a server that stays busy is given up after the retries", async () => {
    answer = (_, response) => response.writeHead(503).end();
    await expect(download({ retries: 2 })).rejects.toThrow(/HTTP status 503; download http.* put it at .*model\.pt/);
    expect(requests).toHaveLength(3);
  });

  test("a silent connection counts as cut", async () => {
    answer = (_, response) => response.writeHead(200, { "content-length": 10 }).write("a");
    await expect(download({ retries: 0, idleTimeout: 50 })).rejects.toThrow(/no data for 0.05 s/);
  });
});

describe("what cannot be mended", () => {
  test("a wrong checksum is named and nothing is kept", async () => {
    answer = serve(Buffer.from("something else"));
    const message = `wrong checksum, expected sha256 ${SHA256}, got ${sha256Of("something else")}`;
    await expect(download()).rejects.toMatchObject({ code: "E_DOWNLOAD", message: expect.stringContaining(message) });
    expect(await readdir(folder)).toEqual([]);
  });

  test("a missing file is not asked for twice, and the message says what to do by hand", async () => {
    answer = (_, response) => response.writeHead(404).end("no such file");
    const message = `download failed: HTTP status 404; download ${url} on another machine and put it at ${target} (sha256 ${SHA256})`;
    await expect(download()).rejects.toMatchObject({ code: "E_DOWNLOAD", message });
    expect(requests).toHaveLength(1);
  });

  test("a length other than the known one is refused before anything is written", async () => {
    await expect(download({ size: 5 })).rejects.toThrow("the server offers 300000 bytes, expected 5");
    expect(await readdir(folder)).toEqual([]);
  });

  test("an endless answer stops at the known length", async () => {
    answer = (_, response) => {
      const more = () => response.write(Buffer.alloc(10_000)) || response.once("drain", more);
      const pump = setInterval(more, 1);
      response.on("close", () => clearInterval(pump));
    };
    await expect(download({ size: 50_000 })).rejects.toThrow("more than the expected 50000 bytes");
    expect(await readdir(folder)).toEqual([]);
  });

  test("without a network the message is one line that says what to put where", async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    const failure = await download({ retryDelay: 60_000 }).catch((error: Error) => error);
    expect((failure as Error).message).toBe(
      `download failed: connection refused; download ${url} on another machine and put it at ${target} (sha256 ${SHA256})`,
    );
  });

  test("a folder that cannot be made is named", async () => {
    await writeFile(join(folder, "file"), "");
    target = join(folder, "file", "model.pt");
    await expect(download()).rejects.toMatchObject({
      code: "E_DOWNLOAD",
      message: expect.stringContaining(`cannot write to ${join(folder, "file")}`),
    });
  });

  test("a folder where the file belongs is left alone", async () => {
    await expect(downloadFile(url, folder, options())).rejects.toThrow("is not a file: move it away");
    expect(requests).toHaveLength(0);
  });
});

describe("several at once", () => {
  test("of three downloads to one place only one asks the server", async () => {
    expect(await Promise.all([download(), download(), download()])).toEqual([target, target, target]);
    expect(await hashFile(target)).toBe(SHA256);
    expect(requests).toHaveLength(1);
  });

  test("the lock of a process that died is taken over", async () => {
    const dead = { pid: 2 ** 22 + 1, host: hostname(), token: "" };
    await writeFile(`${target}.lock`, JSON.stringify(dead));
    await download();
    expect(await hashFile(target)).toBe(SHA256);
  });

  test("the lock of another machine is taken over when it was not touched for long", async () => {
    await writeFile(`${target}.lock`, JSON.stringify({ pid: 1, host: "elsewhere", token: "" }));
    await utimes(`${target}.lock`, new Date(0), new Date(0));
    await download();
    expect(await hashFile(target)).toBe(SHA256);
  });

  test("waiting for a living process can be aborted", async () => {
    await writeFile(`${target}.lock`, JSON.stringify({ pid: process.pid, host: hostname(), token: "" }));
    await expect(download({ signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);
    expect(requests).toHaveLength(0);
    expect(await readdir(folder)).toEqual([`${basename(target)}.lock`]);
  });
});

function options(overrides: Partial<DownloadOptions> = {}): DownloadOptions {
  return { sha256: SHA256, retryDelay: 1, ...overrides };
}

function download(overrides: Partial<DownloadOptions> = {}): Promise<string> {
  return downloadFile(url, target, options(overrides));
}

async function writePart(content: Buffer, note: { validator?: string; total?: number } = {}): Promise<void> {
  await writeFile(`${target}.part`, content);
  await writeFile(`${target}.part.json`, JSON.stringify({ url, validator: `"${SHA256}"`, total: null, ...note }));
}

function sha256Of(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A file with an ETag, as static servers give it. */
function serve(content: Buffer, { ranges = true } = {}): RequestListener {
  return (request, response) => {
    const etag = `"${sha256Of(content)}"`;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (ranges && start > 0 && request.headers["if-range"] === etag) {
      const range = `bytes ${start}-${content.length - 1}/${content.length}`;
      response.writeHead(206, { etag, "content-range": range, "content-length": content.length - start });
      response.end(content.subarray(start));
    } else {
      response.writeHead(200, { etag, "content-length": content.length }).end(content);
    }
  };
}

/** The first answer announces the whole file and breaks off after `bytes`. */
function cutFirst(handler: RequestListener, bytes: number): RequestListener {
  let isFirst = true;
  return (request, response) => {
    if (!isFirst) return handler(request, response);
    isFirst = false;
    response.writeHead(200, { etag: `"${SHA256}"`, "content-length": CONTENT.length });
    response.write(CONTENT.subarray(0, bytes), () => setTimeout(() => (response as ServerResponse).destroy(), 50));
  };
}
