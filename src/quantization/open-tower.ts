/** The vision tower's weights at a precision. */

import type { Precision } from "../anomalyclip/settings.ts";
import type { LinearLayers } from "../clip/block.ts";
import { frozenParameters, type Parameters } from "../clip/parameters.ts";
import type { ClipWeights } from "../weights/clip-weights.ts";
import { openQuantizedTower, type QuantizedTowerOptions } from "./quantized-tower.ts";

/** What `encodeImages` takes. */
export interface Tower {
  parameters: Parameters;
  /** None where linear layers are computed as they are stored. */
  linear?: LinearLayers;
}

/** @throws AnomalyClipError E_WEIGHTS or E_RUNTIME where 8-bit weights can be neither found nor made */
export async function openTower(
  clip: ClipWeights,
  precision: Precision = "fp32",
  options?: QuantizedTowerOptions,
): Promise<Tower> {
  return precision === "int8" ? openQuantizedTower(clip, options) : { parameters: await frozenParameters(clip) };
}
