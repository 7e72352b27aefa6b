/** The graph of an exported model: pictures in, a score and a map of each out. */

import type { ModelProto } from "onnx-buf";
import { TensorProto_DataType as DataType } from "onnx-buf";
import { type DetectionParts, detectionGraph } from "../anomalyclip/detection-graph.ts";
import { add, multiply } from "../graph/elementwise.ts";
import { transpose } from "../graph/layout.ts";
import { type OnnxMessage, toOnnxMessage } from "../graph/onnx.ts";
import { constant, input, type Tensor } from "../graph/tensor.ts";
import { isUnknown, UNKNOWN_LENGTH } from "../graph/unknown-length.ts";
import { preprocess } from "../image/preprocess.ts";
import type { ExportBatch, ExportInput } from "./export-options.ts";

/** @returns the model, not serialised yet; its weights are external data under the paths of their files */
export function exportGraph(parts: DetectionParts, kind: ExportInput, batch: ExportBatch): OnnxMessage {
  const { imageSize } = parts.settings;
  const count = batch === "dynamic" ? UNKNOWN_LENGTH : batch;
  const image =
    kind === "float"
      ? input("image", [count, 3, imageSize, imageSize])
      : normalizePixels(input("image", [count, imageSize, imageSize, 3], "uint8"));
  const message = toOnnxMessage({ ...detectionGraph(image, parts) });
  requireNoFixedBatch(message.model);
  return message;
}

// --- internal ---

/** Pixels [batch, S, S, 3], 0..255 -> [batch, 3, S, S] as `preprocess` gives them. */
function normalizePixels(pixels: Tensor): Tensor {
  // It is linear, so what it does to black and to white says all.
  const level = (value: number) => preprocess({ width: 1, height: 1, data: new Uint8Array(3).fill(value) }, 1);
  const [black, white] = [level(0), level(255)];
  const slope = white.map((value, channel) => (value - black[channel]!) / 255);
  return transpose(add(multiply(pixels, constant(slope)), constant(black)), [0, 3, 1, 2]);
}

/** Fails where the number that stands for an unknown batch has become a value: such a model would be of no use. */
function requireNoFixedBatch({ graph }: ModelProto): void {
  for (const { name, dims, dataType, rawData } of graph!.initializer) {
    const values = dataType === DataType.INT64 ? new BigInt64Array(rawData!.slice().buffer) : [];
    if ([...dims, ...values].some((length) => isUnknown(Number(length)))) {
      throw new RangeError(`export: ${name} depends on the number of pictures`);
    }
  }
}
