/** What a detector is set to: the caller's choices, else what the prompts were learned with, else the paper's. */

import { AnomalyClipError } from "../errors.ts";
import type { ClipConfig } from "../weights/clip-config.ts";
import { ATTENTION_KINDS, type AttentionKind, type VisionOptions, visionOptions } from "./dpam.ts";
import { TEMPERATURE } from "./similarity.ts";
import { VIEW_COUNTS } from "./views.ts";

/**
 * How the vision tower computes: `fp32`, or `int8` with 8-bit weights and activations wherever the error that was measured
 * allows it (`quantization/`).
 */
export const PRECISIONS = ["fp32", "int8"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** Everything that a score and a map depend on besides the weights. */
export interface Settings extends VisionOptions {
  /** Default: `fp32`. */
  precision: Precision;
  /** Side S in pixels to which pictures are resized, a multiple of the patch size. Default: 518, or the multiple below. */
  imageSize: number;
  /**
   * In how many ways each picture is looked at, 1, 2, 4 or 8 (mirrored, upside down, turned; see `views.ts`); takes so many
   * times as long. Default: 1.
   */
  views: number;
  /** Divides similarities before both softmaxes. Default: 0.07. */
  temperature: number;
  /** Standard deviation, in model pixels, of the Gaussian that smooths the map; 0: none. Default: 4. */
  sigma: number;
  /** Score from which a picture is abnormal, 0..1. Default: 0.5. */
  threshold: number;
  /** Map value, for one layer, from which pixels belong to a region, 0..1. Default: 0.5. */
  mapThreshold: number;
}

/** Where prompts say nothing of their own about it: the middle between the two states. */
export const UNDECIDED = { threshold: 0.5, mapThreshold: 0.5 } as const;

const PAPER = {
  precision: "fp32" as const,
  imageSize: 518,
  views: 1,
  temperature: TEMPERATURE,
  sigma: 4,
  ...UNDECIDED,
};

/** The entry of a prompt file's metadata that holds settings as JSON. */
export const SETTINGS_KEY = "settings";

/**
 * @param metadata of the prompt file: `settings` is a JSON object with any fields of {@link Settings}
 * @throws AnomalyClipError E_CONFIG for a value out of range, E_PROMPTS for metadata that is not what it should be
 */
export function resolveSettings(
  config: ClipConfig,
  metadata: Readonly<Record<string, string>>,
  given: Partial<Settings>,
): Settings {
  const chosen: Partial<Settings> = { ...readSettings(metadata) };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) {
      Object.assign(chosen, { [name]: value });
    }
  }
  const settings: Settings = {
    ...PAPER,
    imageSize: Math.max(1, Math.floor(PAPER.imageSize / config.patchSize)) * config.patchSize,
    ...chosen,
    ...visionOptions(config, chosen),
  };
  check(
    "image size",
    settings.imageSize,
    (x) => Number.isInteger(x) && x >= 1 && x <= 4096,
    "a whole number, 1 to 4096",
  );
  check("views", settings.views, (x) => (VIEW_COUNTS as readonly number[]).includes(x), "1, 2, 4 or 8");
  if (!PRECISIONS.includes(settings.precision)) {
    throw new AnomalyClipError("E_CONFIG", `precision must be ${PRECISIONS.join(" or ")}, got ${settings.precision}`);
  }
  check("temperature", settings.temperature, (x) => x > 0 && x < Infinity, "above 0");
  check("sigma", settings.sigma, (x) => x >= 0 && x <= 100, "0 to 100");
  check("threshold", settings.threshold, (x) => x >= 0 && x <= 1, "0 to 1");
  check("map threshold", settings.mapThreshold, (x) => x >= 0 && x <= 1, "0 to 1");
  return settings;
}

/** How pictures are looked at, in words, for reports and to tell whether two runs are alike. */
export function describeReading(settings: Settings): Record<string, string | number> {
  const { imageSize, views, layers, attention, dpamFrom, temperature } = settings;
  return {
    "image size": imageSize,
    // Named only where it is not the default, so that runs of earlier versions can be gone on with.
    ...(views === 1 ? {} : { views }),
    layers: layers.join(", "),
    attention: attention === "none" ? "none" : `${attention} from block ${dpamFrom}`,
    temperature,
  };
}

// --- internal ---

const NUMBERS = ["imageSize", "views", "temperature", "sigma", "threshold", "mapThreshold", "dpamFrom"] as const;

function readSettings(metadata: Readonly<Record<string, string>>): Partial<Settings> {
  const text = metadata[SETTINGS_KEY];
  if (text === undefined) {
    return {};
  }
  let parsed: Record<string, unknown>;
  try {
    parsed = Object(JSON.parse(text));
  } catch (cause) {
    throw new AnomalyClipError("E_PROMPTS", "the prompt file's settings are not JSON: write the file anew", { cause });
  }
  const settings: Partial<Settings> = {};
  for (const name of NUMBERS) {
    if (typeof parsed[name] === "number") {
      settings[name] = parsed[name];
    }
  }
  if (Array.isArray(parsed.layers) && parsed.layers.every((layer) => typeof layer === "number")) {
    settings.layers = parsed.layers;
  }
  if (ATTENTION_KINDS.includes(parsed.attention as AttentionKind)) {
    settings.attention = parsed.attention as AttentionKind;
  }
  return settings;
}

function check(what: string, value: number, valid: (value: number) => boolean, range: string): void {
  if (!valid(value)) {
    throw new AnomalyClipError("E_CONFIG", `${what} must be ${range}, got ${value}`);
  }
}
