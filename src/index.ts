/** The library: zero-shot anomaly detection with AnomalyCLIP. */

export type { Detection } from "./anomalyclip/detection.ts";
export {
  AnomalyDetector,
  type DetectOptions,
  type DetectorOptions,
  type Outcome,
  type PictureSource,
} from "./anomalyclip/detector.ts";
export type { AttentionKind, VisionOptions } from "./anomalyclip/dpam.ts";
export type { Settings } from "./anomalyclip/settings.ts";
export { AnomalyClipError, type ErrorCode } from "./errors.ts";
export type { Evaluation } from "./evaluation/evaluation.ts";
export type { EvaluationOptions } from "./evaluation/evaluation-options.ts";
export type { MetricId } from "./evaluation/metric-names.ts";
export { type EvaluationEvents, type EvaluationResult, runEvaluation } from "./evaluation/run-evaluation.ts";
export { type ExplainDatasetOptions, explainDataset } from "./explain/explain-dataset.ts";
export { type ExplainImageOptions, explainImage } from "./explain/explain-image.ts";
export { COLORMAPS, type ColormapName } from "./image/colormap.ts";
export { decodeImage, decodeMask } from "./image/decode.ts";
export { encodePng } from "./image/encode.ts";
export type { GrayImage, RgbImage } from "./image/image.ts";
export { decodeNpy, encodeNpy, type NpyArray } from "./image/npy.ts";
export { type OverlayOptions, overlay } from "./image/overlay.ts";
export { findRegions, type Region } from "./image/regions.ts";
export { PixelMetrics, type PixelMetricsOptions, type PixelResult } from "./metrics/pixel-metrics.ts";
export type { F1Max } from "./metrics/precision-sweeps.ts";
export { aupr, auroc, averagePrecision, f1Max } from "./metrics/ranking.ts";
export type { DrawOptions, Pictures } from "./pipeline/draw-pictures.ts";
export { type CompareOptions, comparePrecision, type PrecisionComparison } from "./quantization/compare-precision.ts";
export type { ProviderChoice, ProviderId } from "./runtime/providers.ts";
export { runTraining, type TrainingEvents, type TrainingResult } from "./training/run-training.ts";
export type { TrainingFolder } from "./training/training-folder.ts";
export type { TrainingOptions } from "./training/training-options.ts";
export type { ResolveModelOptions } from "./weights/registry.ts";
