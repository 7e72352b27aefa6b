/** The pictures in a request: multipart, a raw body, or base64 in JSON. Nothing is held beyond the limits. */

import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import busboy from "busboy";
import { messageOf } from "../errors.ts";
import type { Admission } from "./admission.ts";
import { DetectBodySchema } from "./api.ts";
import type { SentPicture } from "./inspector.ts";
import { ProblemError } from "./problem.ts";

/** What a request may bring. */
export interface UploadLimits {
  /** Of a request, bytes. */
  bytes: number;
  /** Of a picture, decoded. */
  pixels: number;
  /** Pictures in a request. */
  images: number;
  /** In which a request must have come: it takes a place in the queue. */
  seconds: number;
}

/** In which a small body must have come. */
const JSON_SECONDS = 30;

const EXPECTED =
  'send multipart/form-data with files named "image", one picture as the body with its type (image/png, ...), or JSON with base64 data';

/**
 * Reads the pictures of a request.
 *
 * @param release what is called once the pictures are no longer needed is added to this list
 * @throws ProblemError 400, 413, 415, and 429 where the service holds too much already
 */
export async function receivePictures(
  request: Request,
  limits: UploadLimits,
  admission: Admission,
  release: (() => void)[],
): Promise<SentPicture[]> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (type === "multipart/form-data") return await receiveMultipart(request, limits, admission, release);
  if (type === "application/json") {
    return fromJson(await receiveBody(request, limits, admission, release), limits);
  }
  if (type.startsWith("image/") || type === "application/octet-stream") {
    const bytes = await receiveBody(request, limits, admission, release);
    if (bytes.length === 0) throw new ProblemError(400, `the body is empty: ${EXPECTED}`);
    return [{ name: namedIn(request.headers), bytes }];
  }
  throw new ProblemError(
    415,
    `${type === "" ? "the request has no Content-Type" : `${type} is not understood`}: ${EXPECTED}`,
  );
}

/** The whole body. @throws ProblemError 408, 413, 429 */
export async function receiveBody(
  request: Request,
  { bytes: most, seconds }: Pick<UploadLimits, "bytes" | "seconds">,
  admission: Admission,
  release: (() => void)[],
): Promise<Uint8Array> {
  requireLength(request, most);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyOf(request, seconds)) {
    length += chunk.length;
    if (length > most) throw tooLarge(most);
    release.push(admission.hold(chunk.length));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** A body in JSON. @throws ProblemError as `receiveBody` and `checkedJson` */
export async function receiveJson<Value>(
  request: Request,
  schema: Schema<Value>,
  most: number,
  admission: Admission,
): Promise<Value> {
  const release: (() => void)[] = [];
  try {
    return checkedJson(await receiveBody(request, { bytes: most, seconds: JSON_SECONDS }, admission, release), schema);
  } finally {
    for (const free of release) free();
  }
}

/** A file of a multipart request, to be read before the next. */
export interface SentFile {
  name: string;
  stream: Readable & { truncated?: boolean };
}

/**
 * The files of a multipart request, one after another, whatever their fields are called. No file is being taken any more
 * when it is over.
 *
 * @throws ProblemError 400 for a body that is damaged, 408 and 413 beyond the limits
 */
export async function eachFile(
  request: Request,
  limits: { bytes: number; files: number; seconds?: number },
  take: (file: SentFile) => Promise<void>,
): Promise<number> {
  requireLength(request, limits.bytes);
  let parser: busboy.Busboy;
  try {
    parser = busboy({
      headers: { "content-type": request.headers.get("content-type") ?? "" },
      limits: { fileSize: limits.bytes, files: limits.files, fields: 20, fieldSize: 10_000, parts: limits.files + 20 },
      defParamCharset: "utf8",
      preservePath: true,
    });
  } catch (error) {
    throw new ProblemError(400, `the multipart body cannot be read: ${messageOf(error)}`);
  }
  const body = Readable.from(counted(request, limits), { objectMode: false });
  const streams: Readable[] = [];
  let last = Promise.resolve();
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on("file", (_field, stream, { filename }) => {
        streams.push(stream);
        // An error that nobody listens for would end the process.
        stream.on("error", (error) => reject(damaged(error)));
        last = last
          .then(() => take({ name: fileName(filename), stream }))
          .catch((error) => {
            stream.resume();
            throw error;
          });
        last.catch(reject);
      });
      parser.on("filesLimit", () =>
        reject(new ProblemError(413, `more than the ${limits.files} files that are allowed in a request: send fewer`)),
      );
      parser.on("partsLimit", () => reject(new ProblemError(413, "the request has too many parts")));
      parser.on("error", (error) => reject(damaged(error)));
      parser.on("close", () => last.then(resolve, reject));
      body.on("error", reject);
      body.pipe(parser);
    });
    return streams.length;
  } finally {
    body.unpipe(parser);
    body.destroy();
    parser.destroy();
    // Files that have come are still being taken when another is refused: nobody is at work once the caller hears of it.
    for (const stream of streams) stream.destroy();
    await last.catch(() => undefined);
  }
}

// --- internal ---

function damaged(error: unknown): ProblemError {
  return new ProblemError(400, `the multipart body is damaged: ${messageOf(error)}`);
}

async function receiveMultipart(
  request: Request,
  limits: UploadLimits,
  admission: Admission,
  release: (() => void)[],
): Promise<SentPicture[]> {
  const pictures: SentPicture[] = [];
  const { bytes, images: files, seconds } = limits;
  await eachFile(request, { bytes, files, seconds }, async ({ name, stream }) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      release.push(admission.hold(chunk.length));
      chunks.push(chunk);
    }
    if (stream.truncated) throw tooLarge(limits.bytes);
    pictures.push({ name, bytes: Buffer.concat(chunks) });
  });
  if (pictures.length === 0) throw new ProblemError(400, `no file in the request: ${EXPECTED}`);
  return pictures;
}

function fromJson(body: Uint8Array, limits: UploadLimits): SentPicture[] {
  const { images } = checkedJson(body, DetectBodySchema);
  if (images.length > limits.images) {
    throw new ProblemError(
      413,
      `${images.length} pictures, more than the ${limits.images} allowed in a request: send fewer`,
    );
  }
  return images.map(({ name, data }, i) => {
    const base64 = data.replace(/^data:[\w/+.-]{0,100};base64,/, "");
    const bytes = Buffer.from(base64, "base64");
    if (bytes.length === 0) throw new ProblemError(400, `images.${i}.data: base64 of a picture file is expected`);
    return { name: fileName(name) || `picture ${i + 1}`, bytes };
  });
}

/** JSON that fits a schema. @throws ProblemError 400, saying where it does not */
export function checkedJson<Value>(body: Uint8Array, schema: Schema<Value>): Value {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new ProblemError(400, `the body is no JSON: ${messageOf(error).slice(0, 200)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProblemError(400, describeIssue(parsed.error.issues[0]!));
}

/** What is needed of a zod schema. */
interface Schema<Value> {
  safeParse(value: unknown): { success: true; data: Value } | { success: false; error: { issues: Issue[] } };
}

/** One thing that a schema found wrong. */
export interface Issue {
  path: PropertyKey[];
  message: string;
}

export function describeIssue({ path, message }: Issue): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}

/** The body as it comes. @param seconds within which it must be there. Default: no limit */
function bodyOf(request: Request, seconds?: number): Readable {
  if (request.body === null) return Readable.from([]);
  const body = Readable.fromWeb(request.body as NodeReadableStream<Uint8Array>);
  if (seconds !== undefined) {
    const late = () => body.destroy(new ProblemError(408, `the request did not come within ${seconds} s`));
    const timer = setTimeout(late, 1000 * seconds).unref();
    body.once("close", () => clearTimeout(timer));
  }
  return body;
}

/** Fails when more comes than is allowed, whatever the header said. */
async function* counted(
  request: Request,
  { bytes: most, seconds }: { bytes: number; seconds?: number },
): AsyncGenerator<Uint8Array> {
  let length = 0;
  // Opened here, where it is closed too: a generator that was never begun has nothing to close.
  for await (const chunk of bodyOf(request, seconds)) {
    length += chunk.length;
    // The frame of a multipart body comes on top of its files.
    if (length > most + 100_000) throw tooLarge(most);
    yield chunk;
  }
}

function requireLength(request: Request, most: number): void {
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > most + 100_000) throw tooLarge(most);
}

function tooLarge(most: number): ProblemError {
  const size = `${Math.round(most / 2 ** 20)} MiB`;
  return new ProblemError(
    413,
    `the request is larger than the ${size} that are allowed: send fewer or smaller pictures`,
  );
}

function namedIn(headers: Headers): string {
  const name = headers.get("x-file-name") ?? "";
  try {
    return fileName(decodeURIComponent(name)) || "picture";
  } catch {
    return fileName(name) || "picture";
  }
}

/** A name for people: never a path for the file system, and nothing that would not print. */
function fileName(name: string | undefined): string {
  return (name ?? "")
    .replace(/\\/g, "/")
    .replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "")
    .slice(-200);
}
