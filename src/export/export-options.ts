/** What can be chosen about an exported model, besides model, prompts and settings. */

import type { DetectionModelOptions } from "../anomalyclip/open-detection.ts";

/**
 * What the model is fed, S x S pixels each.
 * - `uint8`: RGB pixels [batch, S, S, 3], which the graph normalises
 * - `float`: [batch, 3, S, S], normalised as CLIP's own preprocessing does it
 */
export const EXPORT_INPUTS = ["uint8", "float"] as const;
export type ExportInput = (typeof EXPORT_INPUTS)[number];

/** How many pictures the model looks at in one run; `dynamic`: any number, different from run to run. */
export type ExportBatch = number | "dynamic";

/** What is written: the model alone, or a model repository as Triton Inference Server wants it. */
export const EXPORT_LAYOUTS = ["file", "triton"] as const;
export type ExportLayout = (typeof EXPORT_LAYOUTS)[number];

/** What a model repository calls the model if nothing else is said. */
export const DEFAULT_NAME = "anomalyclip";

export interface ExportOptions {
  /** Model, prompts and settings. Default: the embedded model with its own. */
  model?: DetectionModelOptions;
  /** Default: `uint8`. */
  input?: ExportInput;
  /** Default: 1. */
  batch?: ExportBatch;
  /**
   * Writes weights to `<name>.data` beside the model instead of into it. Models of more than 2 GiB are always written so:
   * Protobuf reads no larger file. Default: false.
   */
  external?: boolean;
  /** Default: `file`. */
  layout?: ExportLayout;
  /** The model's name in the model repository. Default: `anomalyclip`. */
  name?: string;
  /** Whether files that are there already are replaced. Default: false. */
  force?: boolean;
  /** Whether the model is compared with the detector before it gets its name. Default: true. */
  check?: boolean;
  /** Threads that the comparison may use. Default: one for each core. */
  threads?: number;
  /** Aborted, nothing is written. */
  signal?: AbortSignal;
}
