/** `config.pbtxt`, which tells Triton Inference Server (and KServe, which runs it) about a model. */

import type { Port } from "../graph/onnx.ts";
import { isUnknown } from "../graph/unknown-length.ts";

/** Triton's names of the types that an exported model has. */
const DATA_TYPES: Partial<Record<Port["type"], string>> = { uint8: "TYPE_UINT8", float32: "TYPE_FP32" };

/** Most pictures that Triton gathers into one run, where the model takes any number. */
const LARGEST_BATCH = 8;

/**
 * @param parameters free-form, for those who ask the server about the model
 * @see https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md
 */
export function tritonConfig(
  name: string,
  { inputs, outputs }: { inputs: readonly Port[]; outputs: readonly Port[] },
  parameters: Readonly<Record<string, string>>,
): string {
  // Where Triton gathers requests itself, it prepends the batch to all dims; with 0 it takes shapes as they are.
  const batched = inputs.every(({ shape }) => isUnknown(shape[0]!));
  const port = (port: Port) => describePort(port, batched);
  return `name: ${quote(name)}
platform: "onnxruntime_onnx"
max_batch_size: ${batched ? LARGEST_BATCH : 0}
input [
${inputs.map(port).join(",\n")}
]
output [
${outputs.map(port).join(",\n")}
]
${batched ? "dynamic_batching { }\n" : ""}# Where there is no GPU, or the model is not to use it:
# instance_group [ { kind: KIND_CPU } ]
${Object.entries(parameters)
  .map(([key, value]) => `parameters { key: ${quote(key)} value { string_value: ${quote(value)} } }\n`)
  .join("")}`;
}

// --- internal ---

function describePort({ name, shape, type }: Port, batched: boolean): string {
  const dims = batched ? shape.slice(1) : shape;
  // One number for each picture: Triton wants at least one dimension besides the batch, the model has none.
  const lines = dims.length === 0 ? ["dims: [ 1 ]", "reshape { shape: [ ] }"] : [`dims: [ ${dims.join(", ")} ]`];
  return [
    "  {",
    `    name: ${quote(name)}`,
    `    data_type: ${DATA_TYPES[type]}`,
    ...lines.map((l) => `    ${l}`),
    "  }",
  ].join("\n");
}

/** A string of Protobuf's text format. */
function quote(text: string): string {
  const escaped = text.replace(/["\\]/g, "\\$&").replace(/\p{Cc}/gu, (character) => {
    return `\\${character.codePointAt(0)!.toString(8).padStart(3, "0")}`;
  });
  return `"${escaped}"`;
}
