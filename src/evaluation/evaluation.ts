/** What an evaluation comes to: figures for each class and method, what curves are drawn from, and how all of it was made. */

import type { Protocol } from "../results/run-file.ts";
import type { MetricId } from "./metric-names.ts";

/** A figure, or the reason why there is none. */
export type Measured = { value: number } | { value: null; reason: string };

/** Points (x, y) of a curve, in the order in which they are joined. */
export type Curve = readonly (readonly [number, number])[];

/** One way to ask: prompts, and the attention that the local features come from. */
export interface MethodInfo {
  /** Unique among the methods of an evaluation, such as `AnomalyCLIP` or `CLIP-AC`. */
  name: string;
  /** Which prompts and which attention, in a few words. */
  description: string;
}

/** What is known of one class under one method. */
export interface MethodResult {
  /** The metrics that were asked for. */
  metrics: Partial<Record<MetricId, Measured>>;
  /** Scores of the class's pictures, for histograms. */
  scores: { normal: readonly number[]; abnormal: readonly number[] };
  /** The image score of the best F1; null where it is not defined. */
  scoreThreshold: number | null;
  /** The map value, for one layer, of the best pixel F1; null where it is not defined or was not asked for. */
  mapThreshold: number | null;
  /** Curves that are defined. Image curves go over pictures, the others over pixels of all pictures. */
  curves: {
    imageRoc?: Curve;
    imagePrecisionRecall?: Curve;
    pixelRoc?: Curve;
    pixelPrecisionRecall?: Curve;
    /** Mean share of each region found, over the false positive rate. */
    regionOverlap?: Curve;
  };
}

/** One product or organ. */
export interface ClassEvaluation {
  className: string;
  normal: number;
  abnormal: number;
  /** Abnormal pictures whose mask was used. */
  withMask: number;
  /** Pictures that could not be read. */
  failed: number;
  /** By name of the method. */
  methods: Record<string, MethodResult>;
}

/** A picture worth looking at. */
export interface Exhibit {
  image: string;
  mask: string | null;
  className: string;
  specie: string;
  abnormal: boolean;
  score: number;
  /** [S, S], per layer, 0..1. */
  map: Float32Array;
  mapSize: number;
}

/** All of it. */
export interface Evaluation {
  dataset: {
    /** The benchmark, or null for a set of one's own. */
    id: string | null;
    /** What a person calls it. */
    title: string;
  };
  /** The first is what the evaluation is about. */
  methods: readonly MethodInfo[];
  metrics: readonly MetricId[];
  classes: readonly ClassEvaluation[];
  /** Unweighted over the classes where a figure is defined; by method, then metric. */
  mean: Record<string, Partial<Record<MetricId, Measured & { classes?: number }>>>;
  /** Figures that others published for this set: by method, then metric. */
  published: Record<string, Partial<Record<MetricId, number>>>;
  /** What a person should know: pictures left out, masks of another size, classes without masks. */
  notes: readonly string[];
  /** Everything that the figures depend on. */
  protocol: Protocol;
}
