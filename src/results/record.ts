/** One line of `results.jsonl`: what is kept of a picture once it has been looked at. */

import type { Detection } from "../anomalyclip/detection.ts";
import type { Region } from "../image/regions.ts";

/** The files made of one picture, relative to the results folder, with forward slashes. */
export interface ResultFiles {
  /** The picture with its map drawn over it (PNG), or null where none was written. */
  overlay: string | null;
  /** The raw map (`.npy`, float32 `[S, S]`), or null where none was written. */
  map: string | null;
  /** Two small JPEG pictures for the report - the picture and its overlay -, or null where none were written. */
  thumbnails: [picture: string, overlay: string] | null;
}

/** A picture that was looked at. */
export interface DetectedRecord extends ResultFiles {
  /** The picture's path as it was given or found, with forward slashes. */
  image: string;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** P(abnormal | image), 0..1. */
  score: number;
  verdict: "normal" | "abnormal";
  /** The score threshold that gave the verdict. */
  threshold: number;
  /** Number of layers summed in the map, which is also its largest possible value. */
  layers: number;
  mapMin: number;
  mapMax: number;
  mapMean: number;
  /** In the picture's own pixels, strongest peak first. */
  regions: Region[];
}

/** A picture that could not be looked at. */
export interface FailedRecord {
  image: string;
  /** Why, on one line. */
  error: string;
}

export type ResultRecord = DetectedRecord | FailedRecord;

export function isFailed(record: ResultRecord): record is FailedRecord {
  return "error" in record;
}

/** The record of one detection. */
export function recordOf(image: string, detection: Detection, files: ResultFiles): DetectedRecord {
  return {
    image,
    width: detection.width,
    height: detection.height,
    score: detection.score,
    verdict: detection.verdict,
    threshold: detection.threshold,
    layers: detection.layers,
    ...rangeOf(detection.map),
    regions: detection.regions,
    ...files,
  };
}

/** @throws RangeError where the score or the map is not finite: such a result says nothing, and JSON cannot hold it. */
export function requireFinite(detection: Detection): void {
  if (!Number.isFinite(detection.score)) throw new RangeError("the model gave a score that is not finite");
  if (!detection.map.every(Number.isFinite)) throw new RangeError("the model gave a map that is not finite");
}

/** The record that a line of `results.jsonl` holds, or null where the line is torn or was written by something else. */
export function parseRecord(line: string): ResultRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value.image !== "string") return null;
  if (typeof value.error === "string") return { image: value.image, error: value.error };
  return isDetected(value) ? (value as unknown as DetectedRecord) : null;
}

/** The region with the most pixels, or null where no part of the map reaches the threshold. */
export function largestRegion(regions: readonly Region[]): Region | null {
  return regions.reduce<Region | null>((best, region) => (best && best.area >= region.area ? best : region), null);
}

// --- internal ---

const NUMBERS = ["width", "height", "score", "threshold", "layers", "mapMin", "mapMax", "mapMean"] as const;
const REGION_NUMBERS = ["x", "y", "width", "height", "area", "peak"] as const;

function rangeOf(map: Float32Array): Pick<DetectedRecord, "mapMin" | "mapMax" | "mapMean"> {
  let mapMin = Number.POSITIVE_INFINITY;
  let mapMax = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of map) {
    if (value < mapMin) mapMin = value;
    if (value > mapMax) mapMax = value;
    sum += value;
  }
  return { mapMin, mapMax, mapMean: sum / map.length };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDetected(value: Record<string, unknown>): boolean {
  const { verdict, regions, overlay, map, thumbnails } = value;
  return (
    NUMBERS.every((name) => typeof value[name] === "number") &&
    (verdict === "normal" || verdict === "abnormal") &&
    Array.isArray(regions) &&
    regions.every((region) => isObject(region) && REGION_NUMBERS.every((name) => typeof region[name] === "number")) &&
    [overlay, map].every((name) => name === null || typeof name === "string") &&
    (thumbnails === null ||
      (Array.isArray(thumbnails) && thumbnails.length === 2 && thumbnails.every((name) => typeof name === "string")))
  );
}
