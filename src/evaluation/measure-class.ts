/** The figures of one class: image metrics from scores, pixel metrics from maps and masks, one picture at a time. */

import { setImmediate } from "node:timers/promises";
import type { Sample } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import { decodeMaskLevels } from "../image/decode.ts";
import type { GrayImage } from "../image/image.ts";
import { preprocessMask } from "../image/preprocess.ts";
import { PixelMetrics, type PixelResult } from "../metrics/pixel-metrics.ts";
import { precisionRecallCurve, rankingMetrics, rocCurve } from "../metrics/ranking.ts";
import type { ClassEvaluation, Curve, MethodResult } from "./evaluation.ts";
import type { EvaluationStore, PictureRecord } from "./evaluation-store.ts";
import { figuresOf, whyNoImageMetric, whyNoPixelMetric } from "./figures.ts";
import { describeMasks, isManyValued } from "./mask-notes.ts";
import { isPixelMetric, type MetricId } from "./metric-names.ts";
import type { MapMaker } from "./scorer.ts";

/** A picture whose scores are known. */
export interface ScoredPicture {
  sample: Sample;
  record: PictureRecord;
}

export interface MeasureContext {
  /** Names, in the order of the records' scores. */
  methods: readonly string[];
  metrics: readonly MetricId[];
  store: EvaluationStore;
  maps: MapMaker;
  /** S, the side of maps. */
  imageSize: number;
  /** How many layers are summed in a map. */
  layers: number;
  /** Masks' values above this are anomalous. */
  maskAbove: number;
  signal?: AbortSignal;
  onNote(text: string): void;
  onPicture?(): void;
}

/** Masks that are decoded at the same time. */
const MASKS_AT_ONCE = 4;

/**
 * Measures a class under all methods.
 *
 * A picture has part in the pixel metrics if it is normal, or has a mask that can be read.
 *
 * @param failed pictures of the class that have no score
 */
export async function measureClass(
  className: string,
  pictures: readonly ScoredPicture[],
  failed: number,
  context: MeasureContext,
): Promise<ClassEvaluation> {
  const abnormal = pictures.filter(({ sample }) => sample.abnormal);
  const wantsPixels = context.metrics.some(isPixelMetric);
  const pixels = wantsPixels ? await measurePixels(className, pictures, context) : null;
  return {
    className,
    normal: pictures.length - abnormal.length,
    abnormal: abnormal.length,
    withMask: pixels?.masks ?? abnormal.filter(({ sample }) => sample.mask !== null).length,
    failed,
    methods: Object.fromEntries(
      context.methods.map((name, i) => [name, methodResult(i, pictures, pixels?.results[i] ?? null, context)]),
    ),
  };
}

// --- internal ---

interface Pixels {
  /** Masks of abnormal pictures that were used. */
  masks: number;
  /** By method; null where nothing tells anomalous pixels. */
  results: (PixelResult | null)[];
}

async function measurePixels(
  className: string,
  pictures: readonly ScoredPicture[],
  context: MeasureContext,
): Promise<Pixels> {
  const { methods, store, maps, imageSize, signal, onNote, onPicture } = context;
  const usable = pictures.filter(({ sample }) => !sample.abnormal || sample.mask !== null);
  const maskable = usable.filter(({ sample }) => sample.abnormal).length;
  if (maskable === 0) {
    for (const _ of pictures) onPicture?.();
    return { masks: 0, results: methods.map(() => null) };
  }
  const without = pictures.length - usable.length;
  if (without > 0) {
    onNote(
      `${className}: ${without} abnormal picture${without === 1 ? " has" : "s have"} no mask, and no part in the pixel metrics`,
    );
  }
  const metrics = methods.map(() => new PixelMetrics());
  const problems = new MaskProblems(className, onNote);
  let masks = 0;
  for (let start = 0; start < usable.length; start += MASKS_AT_ONCE) {
    // The runtime keeps this thread busy: here signals and timers get in.
    await setImmediate();
    signal?.throwIfAborted();
    const group = usable.slice(start, start + MASKS_AT_ONCE);
    const read = await Promise.all(group.map(decodeMask));
    for (const [i, picture] of group.entries()) {
      onPicture?.();
      // One after another, so that the same masks give the same notes.
      const mask = prepareMask(read[i]!, picture, context, problems);
      if (!mask) continue;
      if (picture.sample.abnormal) masks++;
      const patchMaps = await store.readMaps(picture.record);
      const perMethod = patchMaps.length / methods.length;
      for (const [m, one] of metrics.entries()) {
        const map = await maps.make(patchMaps.subarray(m * perMethod, (m + 1) * perMethod));
        one.add(map, mask, imageSize, imageSize);
      }
    }
  }
  for (let i = usable.length; i < pictures.length; i++) onPicture?.();
  problems.say(imageSize);
  return { masks, results: metrics.map((one) => one.result()) };
}

/** The levels of a picture's mask, or what is wrong with them; "sound" where there is none to read. */
async function decodeMask({ sample }: ScoredPicture): Promise<GrayImage | AnomalyClipError | "sound"> {
  if (!sample.abnormal) return "sound";
  try {
    return await decodeMaskLevels(sample.mask!);
  } catch (error) {
    if (error instanceof AnomalyClipError) return error;
    throw error;
  }
}

/** The mask [S, S] of a picture, 0 and 1; null where it cannot be used. */
function prepareMask(
  levels: GrayImage | AnomalyClipError | "sound",
  { sample, record }: ScoredPicture,
  { imageSize, maskAbove, onNote }: MeasureContext,
  problems: MaskProblems,
): Uint8Array | null {
  if (levels === "sound") return new Uint8Array(imageSize ** 2);
  if (levels instanceof AnomalyClipError) {
    onNote(`${levels.message}; its picture has no part in the pixel metrics`);
    return null;
  }
  problems.look(sample.mask!, levels, record.size);
  const binary = preprocessMask(levels, imageSize, maskAbove);
  if (!binary.includes(1)) problems.empty.push(sample.mask!);
  return binary;
}

/** Collects what is wrong with the masks of a class, for a line each. */
class MaskProblems {
  readonly empty: string[] = [];
  readonly #sizes: string[] = [];
  readonly #values: string[] = [];

  constructor(
    private readonly className: string,
    private readonly onNote: (text: string) => void,
  ) {}

  look(path: string, levels: GrayImage, size: readonly [number, number] | null): void {
    const { width, height } = levels;
    if (size !== null && (size[0] !== width || size[1] !== height)) {
      this.#sizes.push(`${path}, ${width} x ${height} pixels for a picture of ${size[0]} x ${size[1]}`);
    }
    if (isManyValued(levels)) this.#values.push(path);
  }

  say(imageSize: number): void {
    this.#sayOf(this.#sizes, "of another size than their pictures; both are squashed to the model's square");
    this.#sayOf(this.#values, "not binary; what is above the limit (--mask-above, 0) counts as anomalous");
    this.#sayOf(
      this.empty,
      `without an anomalous pixel at ${imageSize} x ${imageSize}; their pictures count as sound pixels`,
    );
  }

  #sayOf(paths: readonly string[], what: string): void {
    if (paths.length > 0) this.onNote(`${this.className}: ${describeMasks(paths, ["is", "are"], what)}`);
  }
}

function methodResult(
  index: number,
  pictures: readonly ScoredPicture[],
  pixels: PixelResult | null,
  { metrics, layers }: MeasureContext,
): MethodResult {
  const scores = Float64Array.from(pictures, ({ record }) => record.scores[index]!);
  const labels = Uint8Array.from(pictures, ({ sample }) => (sample.abnormal ? 1 : 0));
  const image = rankingMetrics(scores, labels);
  const whyNoPixels = pictures.every(({ sample }) => !sample.abnormal)
    ? "all pictures are normal"
    : pixels === null
      ? "there are no masks"
      : whyNoPixelMetric(pixels);
  const curve = (found: { points: Curve } | null | undefined) => found?.points;
  const ofLabel = (label: number) => [...scores].filter((_, i) => labels[i] === label);
  return {
    metrics: figuresOf(metrics, { image, pixels, whyNoImage: whyNoImageMetric(labels), whyNoPixels }),
    scores: { normal: ofLabel(0), abnormal: ofLabel(1) },
    scoreThreshold: image.f1Max?.threshold ?? null,
    mapThreshold: pixels?.f1Max ? pixels.f1Max.threshold / layers : null,
    curves: {
      imageRoc: curve(rocCurve(scores, labels)),
      imagePrecisionRecall: curve(precisionRecallCurve(scores, labels)),
      pixelRoc: curve(pixels?.rocCurve),
      pixelPrecisionRecall: curve(pixels?.precisionRecallCurve),
      regionOverlap: curve(pixels?.regionOverlapCurve),
    },
  };
}
