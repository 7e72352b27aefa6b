/** Whether an exported model says what the detector says. */

import { AnomalyDetector, type DetectorOptions } from "../anomalyclip/detector.ts";
import type { DetectionModelOptions } from "../anomalyclip/open-detection.ts";
import type { Precision } from "../anomalyclip/settings.ts";
import { AnomalyClipError } from "../errors.ts";
import type { RgbImage } from "../image/image.ts";
import { preprocess } from "../image/preprocess.ts";
import { Random } from "../random.ts";
import { type Feed, OnnxFile } from "../runtime/open-onnx.ts";
import type { ExportBatch, ExportInput } from "./export-options.ts";

/**
 * Largest difference that passes. Sums in another order differ by some 1e-6; in 8 bits the last bit of a number can turn a
 * rounding, which is 1 of 256 levels.
 */
const TOLERANCE: Record<Precision, number> = { fp32: 1e-4, int8: 0.02 };

/** Pictures that the detector looks at; larger batches repeat them. */
const PICTURES = 2;

/** Largest absolute differences. */
export interface CheckResult {
  score: number;
  map: number;
}

export interface CheckOptions {
  input: ExportInput;
  batch: ExportBatch;
  /** What the model was exported from. */
  model: DetectionModelOptions;
  /** Threads that may be used. Default: one for each core. */
  threads?: number;
  /** What errors call the file. */
  name: string;
}

/**
 * Runs the model of a file, and the detector, on drawn pictures.
 *
 * @throws AnomalyClipError E_RUNTIME where ONNX Runtime refuses the file, or scores or maps differ
 */
export async function checkExport(
  path: string,
  { input, batch, model, threads, name }: CheckOptions,
): Promise<CheckResult> {
  const count = batch === "dynamic" ? PICTURES : batch;
  const { size, pictures, expected } = await detect({ ...model, threads }, Math.min(count, PICTURES));
  const file = await OnnxFile.open(path, { threads });
  try {
    const batched = Array.from({ length: count }, (_, i) => pictures[i % PICTURES]!);
    const { score, map } = await file.run({ image: feedOf(batched, size, input) });
    const result = { score: 0, map: 0 };
    for (let i = 0; i < count; i++) {
      const { score: wantedScore, map: wantedMap } = expected[i % PICTURES]!;
      result.score = largest(result.score, score!.data[i]! - wantedScore);
      const found = map!.data.subarray(i * size * size, (i + 1) * size * size);
      for (let j = 0; j < wantedMap.length; j++) result.map = largest(result.map, found[j]! - wantedMap[j]!);
    }
    const tolerance = TOLERANCE[model.precision ?? "fp32"];
    if (!(result.score <= tolerance && result.map <= tolerance)) {
      throw new AnomalyClipError(
        "E_RUNTIME",
        `${name}: differs from the detector by ${result.score} in the score and ${result.map} in the map; ` +
          "nothing was written (--no-check does not look)",
      );
    }
    return result;
  } finally {
    await file.close();
  }
}

// --- internal ---

async function detect(options: DetectorOptions, count: number) {
  const detector = await AnomalyDetector.load(options);
  try {
    const size = detector.settings.imageSize;
    const pictures = Array.from({ length: count }, (_, i) => drawPicture(size, i + 1));
    const expected: { score: number; map: Float32Array }[] = [];
    for (const picture of pictures) expected.push(await detector.detect(picture));
    return { size, pictures, expected };
  } finally {
    await detector.close();
  }
}

function feedOf(pictures: readonly RgbImage[], size: number, input: ExportInput): Feed {
  const length = 3 * size * size;
  if (input === "uint8") {
    const data = new Uint8Array(pictures.length * length);
    pictures.forEach((picture, i) => {
      data.set(picture.data, i * length);
    });
    return { type: "uint8", shape: [pictures.length, size, size, 3], data };
  }
  const data = new Float32Array(pictures.length * length);
  pictures.forEach((picture, i) => {
    data.set(preprocess(picture, size), i * length);
  });
  return { type: "float32", shape: [pictures.length, 3, size, size], data };
}

/** A grainy surface, brighter towards one corner, with a dark spot. */
function drawPicture(size: number, seed: number): RgbImage {
  const random = new Random(seed);
  const [spotX, spotY, radius] = [random.range(0.2, 0.8), random.range(0.2, 0.8), random.range(0.05, 0.15)];
  const colour = [random.range(90, 200), random.range(90, 200), random.range(90, 200)];
  const data = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const inSpot = Math.hypot(x / size - spotX, y / size - spotY) < radius;
      const light = (inSpot ? 0.3 : 0.9 + (0.2 * (x + y)) / (2 * size)) + random.range(-0.05, 0.05);
      for (let c = 0; c < 3; c++) data[(y * size + x) * 3 + c] = Math.round(light * colour[c]!);
    }
  }
  return { width: size, height: size, data };
}

/** The larger of a difference so far and another one; not a number once one of them is not. */
function largest(soFar: number, difference: number): number {
  return Math.max(soFar, Math.abs(difference));
}
