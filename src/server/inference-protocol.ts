/**
 * Requests and answers of the Open Inference Protocol (KServe V2, REST) with its binary tensor extension, as Triton,
 * KServe and their clients speak it.
 *
 * Inputs, one of: `image` BYTES [n], picture files (base64 in JSON); `pixels` UINT8 [n, height, width, 3], RGB.
 * Outputs: `score` FP32 [n], `verdict` BYTES [n], `map` FP32 [n, rows, columns].
 */

import { z } from "@hono/zod-openapi";
import type { Detection } from "../anomalyclip/detection.ts";
import { encodePng } from "../image/encode.ts";
import { NameSchema, type Result } from "./api.ts";
import type { SentPicture } from "./inspector.ts";
import { ProblemError } from "./problem.ts";
import { checkedJson, type UploadLimits } from "./receive.ts";

/** Header with the bytes of JSON that stand before binary tensors. */
export const JSON_LENGTH_HEADER = "Inference-Header-Content-Length";

const OUTPUTS = ["score", "verdict", "map"] as const;
type OutputName = (typeof OUTPUTS)[number];

/** What `/v2/models/{name}` says of every model. */
export const TENSORS = {
  inputs: [
    { name: "image", datatype: "BYTES", shape: [-1] },
    { name: "pixels", datatype: "UINT8", shape: [-1, -1, -1, 3] },
  ],
  outputs: [
    { name: "score", datatype: "FP32", shape: [-1] },
    { name: "verdict", datatype: "BYTES", shape: [-1] },
    { name: "map", datatype: "FP32", shape: [-1, -1, -1] },
  ],
};

const size = z.int().min(0);
export const InferenceRequestSchema = z
  .object({
    id: z.string().max(200).optional(),
    parameters: z
      .object({
        product: NameSchema.nullish(),
        threshold: z.number().min(0).max(1).nullish(),
        keep: z.boolean().nullish(),
        binary_data_output: z.boolean().nullish(),
      })
      .nullish()
      .openapi({ description: "product, threshold and keep as in /api/detect; null is as if it were not there" }),
    inputs: z
      .array(
        z.object({
          name: z.enum(["image", "pixels"]),
          datatype: z.enum(["BYTES", "UINT8"]),
          shape: z.array(size).min(1).max(4),
          parameters: z.object({ binary_data_size: size.optional() }).optional(),
          data: z.array(z.unknown()).optional(),
        }),
      )
      .length(1, 'one input is expected: "image" or "pixels"'),
    outputs: z
      .array(
        z.object({
          name: z.enum(OUTPUTS),
          parameters: z.object({ binary_data: z.boolean().optional() }).optional(),
        }),
      )
      .max(OUTPUTS.length)
      .optional(),
  })
  .openapi("InferenceRequest");

/** A request that was understood. */
export interface InferenceRequest {
  id: string | undefined;
  product: string | undefined;
  threshold: number | undefined;
  keep: boolean;
  pictures: SentPicture[];
  outputs: { name: OutputName; binary: boolean }[];
}

/**
 * Reads a request.
 *
 * @param jsonLength the header's value; null where there is no binary part
 * @throws ProblemError 400 for what does not fit, 413 beyond the limits
 */
export async function readInference(
  body: Uint8Array,
  jsonLength: string | null,
  limits: UploadLimits,
): Promise<InferenceRequest> {
  const length = jsonLength === null ? body.length : Number(jsonLength);
  if (!Number.isInteger(length) || length < 0 || length > body.length) {
    throw new ProblemError(400, `${JSON_LENGTH_HEADER} is ${jsonLength}, the body has ${body.length} bytes`);
  }
  const { id, parameters, inputs, outputs } = checkedJson(body.subarray(0, length), InferenceRequestSchema);
  const { product, threshold, keep, binary_data_output: allBinary } = parameters ?? {};
  const { name, datatype, shape, data, parameters: { binary_data_size: bytes } = {} } = inputs[0]!;
  const binary = bytes === undefined ? null : body.subarray(length);
  if (binary !== null && bytes !== binary.length) {
    throw new ProblemError(400, `${name}: binary_data_size is ${bytes}, ${binary.length} bytes follow the JSON`);
  }
  if (binary === null && data === undefined) throw new ProblemError(400, `${name}: data is missing`);
  const count = shape[0]!;
  if (count === 0) throw new ProblemError(400, `${name}: the shape has no picture`);
  if (count > limits.images) {
    throw new ProblemError(413, `${count} pictures, more than the ${limits.images} allowed in a request: send fewer`);
  }
  const expected = TENSORS.inputs.find((input) => input.name === name)!;
  if (datatype !== expected.datatype || shape.length !== expected.shape.length) {
    throw new ProblemError(400, `${name} is ${datatype} [${shape}]; expected ${expected.datatype} [${expected.shape}]`);
  }
  const files =
    name === "image"
      ? binary === null
        ? fromBase64(data!, count)
        : fromFramed(binary, count)
      : await fromPixels(binary ?? levelsOf(data!), shape as [number, number, number, number], limits);
  return {
    ...{ id, product: product ?? undefined, threshold: threshold ?? undefined, keep: keep ?? true },
    pictures: files.map((bytes, i) => ({
      name: count === 1 ? (id ?? "picture") : `${id ?? "picture"} ${i + 1}`,
      bytes,
    })),
    outputs: (outputs ?? OUTPUTS.map((output) => ({ name: output, parameters: undefined }))).map((output) => ({
      name: output.name,
      binary: output.parameters?.binary_data ?? allBinary ?? false,
    })),
  };
}

/** What an answer needs of one picture. */
export interface Inferred {
  result: Pick<Result, "score" | "verdict">;
  detection: Pick<Detection, "map" | "mapWidth" | "mapHeight">;
}

/** Leaves the rest of what was seen to be freed: the decoded picture is many times as large, and the others are waited for. */
export function inferredOf({
  result: { score, verdict },
  detection: { map, mapWidth, mapHeight },
}: Inferred): Inferred {
  return { result: { score, verdict }, detection: { map, mapWidth, mapHeight } };
}

/**
 * Writes the answer: JSON, and after it the tensors that were asked for in binary.
 *
 * @throws ProblemError 400 for maps of different sizes, which make no tensor
 */
export function writeInference(
  model: string,
  { id, outputs }: Pick<InferenceRequest, "id" | "outputs">,
  seen: readonly Inferred[],
): { body: Uint8Array; jsonLength: number | null } {
  const parts: Uint8Array[] = [];
  const tensors = outputs.map(({ name, binary }) => {
    const { datatype } = TENSORS.outputs.find((output) => output.name === name)!;
    const { shape, values } = tensorOf(name, seen);
    if (!binary) return { name, datatype, shape, data: [...values] };
    const bytes = typeof values[0] === "string" ? framed(values as string[]) : littleEndian(values as number[]);
    parts.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const answer = {
    model_name: model,
    model_version: MODEL_VERSION,
    ...(id === undefined ? {} : { id }),
    outputs: tensors,
  };
  const json = Buffer.from(JSON.stringify(answer));
  return { body: Buffer.concat([json, ...parts]), jsonLength: parts.length === 0 ? null : json.length };
}

/** There is one version of each. */
export const MODEL_VERSION = "1";

// --- internal ---

function fromBase64(data: unknown[], count: number): Uint8Array[] {
  const texts = data.flat(1);
  if (texts.length !== count) throw new ProblemError(400, `image: ${texts.length} elements, the shape says ${count}`);
  return texts.map((text, i) => {
    const bytes = typeof text === "string" ? Buffer.from(text, "base64") : Buffer.alloc(0);
    if (bytes.length === 0) throw new ProblemError(400, `image: element ${i} is no picture file in base64`);
    return bytes;
  });
}

/** Elements of BYTES, each after its length in 4 bytes. */
function fromFramed(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: Uint8Array[] = [];
  let position = 0;
  while (position < bytes.length) {
    // Millions that are empty fit into a body: no more is made of it than was announced.
    if (elements.length === count) throw new ProblemError(400, `image: more elements than the ${count} of the shape`);
    const start = position + 4;
    const end = start > bytes.length ? Number.POSITIVE_INFINITY : start + view.getUint32(position, true);
    if (end > bytes.length) throw new ProblemError(400, `image: element ${elements.length} ends beyond the body`);
    elements.push(bytes.subarray(start, end));
    position = end;
  }
  if (elements.length < count) {
    throw new ProblemError(400, `image: ${elements.length} elements, the shape says ${count}`);
  }
  return elements;
}

function levelsOf(data: unknown[]): Uint8Array {
  // As deep as the shape, and no deeper: what is left must be numbers.
  const levels = data.flat(3);
  if (!levels.every((level) => Number.isInteger(level) && (level as number) >= 0 && (level as number) <= 255)) {
    throw new ProblemError(400, "pixels: whole numbers from 0 to 255 are expected");
  }
  return Uint8Array.from(levels as number[]);
}

async function fromPixels(
  levels: Uint8Array,
  [count, height, width, channels]: [number, number, number, number],
  limits: UploadLimits,
): Promise<Uint8Array[]> {
  const length = height * width * 3;
  if (channels !== 3 || length === 0) {
    throw new ProblemError(400, `pixels: [n, height, width, 3] is expected, not [${[count, height, width, channels]}]`);
  }
  if (height * width > limits.pixels) {
    throw new ProblemError(413, `pixels: ${width} x ${height}, more than the ${limits.pixels} pixels that are allowed`);
  }
  if (levels.length !== count * length) {
    throw new ProblemError(400, `pixels: ${levels.length} values, the shape says ${count * length}`);
  }
  const files: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    files.push(await encodePng({ width, height, data: levels.subarray(i * length, (i + 1) * length) }));
  }
  return files;
}

function tensorOf(
  name: OutputName,
  seen: readonly Inferred[],
): { shape: number[]; values: ArrayLike<number> & Iterable<number> } | { shape: number[]; values: string[] } {
  if (name === "score") return { shape: [seen.length], values: seen.map(({ result }) => result.score) };
  if (name === "verdict") return { shape: [seen.length], values: seen.map(({ result }) => result.verdict) };
  const { mapHeight, mapWidth } = seen[0]!.detection;
  if (seen.some(({ detection }) => detection.mapHeight !== mapHeight || detection.mapWidth !== mapWidth)) {
    throw new ProblemError(
      400,
      "the maps of these pictures differ in size: send one picture, or ask for other outputs",
    );
  }
  const values = new Float32Array(seen.length * mapHeight * mapWidth);
  for (const [i, { detection }] of seen.entries()) values.set(detection.map, i * mapHeight * mapWidth);
  return { shape: [seen.length, mapHeight, mapWidth], values };
}

function framed(texts: readonly string[]): Uint8Array {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

function littleEndian(values: ArrayLike<number>): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i]!, 4 * i);
  return bytes;
}
