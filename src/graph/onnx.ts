/** Writes a graph as an ONNX model. Weights stay in their files, as external data. */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { toHalf } from "../half.ts";
import type { OnnxAttribute } from "./op.ts";
import {
  type Constant,
  type ElementType,
  type FeedType,
  type Shape,
  sizeOf,
  type Tensor,
  type Weight,
} from "./tensor.ts";
import { topologicalOrder } from "./topological-order.ts";
import { isUnknown } from "./unknown-length.ts";

/** ONNX operator set 20 and its IR version, both of 2023: old enough for every runtime in use. */
const OPSET = 20n;
const IR_VERSION = 9n;

const ELEMENT_TYPES: Record<FeedType | ElementType, DataType> = {
  float32: DataType.FLOAT,
  int64: DataType.INT64,
  float16: DataType.FLOAT16,
  uint8: DataType.UINT8,
  int8: DataType.INT8,
};
const STORAGE_TYPES: Record<Weight["dtype"], { type: DataType; bytes: number }> = {
  F32: { type: DataType.FLOAT, bytes: 4 },
  F16: { type: DataType.FLOAT16, bytes: 2 },
  BF16: { type: DataType.BFLOAT16, bytes: 2 },
  I8: { type: DataType.INT8, bytes: 1 },
  U8: { type: DataType.UINT8, bytes: 1 },
};

/** The arithmetic of a model. */
export type Arithmetic = "float32" | "float16";

/** Name, shape and element type of a model's input or output. */
export interface Port {
  name: string;
  shape: Shape;
  type: FeedType | ElementType;
}

/** An ONNX model. */
export interface OnnxModel {
  /** The serialised `ModelProto`. */
  bytes: Uint8Array;
  inputs: readonly Port[];
  outputs: readonly Port[];
}

/** An ONNX model that is not serialised yet. */
export interface OnnxMessage extends Omit<OnnxModel, "bytes"> {
  model: ModelProto;
}

/**
 * The model that computes `outputs`, by name, from the input tensors that they depend on.
 *
 * @param locationOf the name, in the model, of a file that holds weights. Default: its path.
 * @param arithmetic what float32 tensors are inside the model; its inputs and outputs stay float32. Default: float32
 * @throws RangeError when two inputs share a name
 */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  locationOf?: (file: string) => string,
  arithmetic?: Arithmetic,
): OnnxModel {
  const { model, ...ports } = toOnnxMessage(outputs, locationOf, arithmetic);
  return { bytes: toBinary(ModelProtoSchema, model), ...ports };
}

/** As {@link toOnnx}, for those who add to the model. */
export function toOnnxMessage(
  outputs: Readonly<Record<string, Tensor>>,
  locationOf: (file: string) => string = (file) => file,
  arithmetic: Arithmetic = "float32",
): OnnxMessage {
  const half = arithmetic === "float16";
  const floats = half ? DataType.FLOAT16 : DataType.FLOAT;
  // Names of our own begin with #, which sets them apart from those of inputs and outputs.
  const names = new Map<Tensor, string>();
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const inputs: Port[] = [];
  const constants = new Map<string, string>();
  const weights = new Map<string, string>();

  // A result that leaves the graph bears its output's name at once, which saves the runtime a copy.
  const outputNames = half ? new Map() : new Map(Object.entries(outputs).map(([name, tensor]) => [tensor, name]));

  const emit = (type: string, domain: string, from: readonly string[], to: string, attributes = {}): void => {
    const attribute = Object.entries<OnnxAttribute>(attributes).map(([name, value]) => attributeProto(name, value));
    nodes.push(create(NodeProtoSchema, { opType: type, domain, input: [...from], output: [to], name: to, attribute }));
  };

  // A node's own constants (axes, target shapes) come to light only when the node is written.
  const nameOf = (tensor: Tensor): string => {
    const known = names.get(tensor);
    if (known !== undefined) {
      return known;
    }
    for (const next of topologicalOrder([tensor])) {
      if (!names.has(next)) {
        names.set(next, write(next));
      }
    }
    return names.get(tensor)!;
  };

  const write = (tensor: Tensor): string => {
    const { source, shape, type } = tensor;
    switch (source.kind) {
      case "input": {
        if (inputs.some(({ name }) => name === source.name)) {
          throw new RangeError(`toOnnx: two inputs are named "${source.name}"`);
        }
        inputs.push({ name: source.name, shape, type: source.fed });
        if (source.fed === (half && type === "float32" ? "float16" : type)) {
          return source.name;
        }
        emit("Cast", "", [source.name], `#${source.name}_cast`, { to: floats });
        return `#${source.name}_cast`;
      }
      case "constant": {
        const key = `${type}[${shape}]${source.data.length <= 16 ? source.data.join() : `#${initializers.length}`}`;
        const existing = constants.get(key);
        if (existing !== undefined) {
          return existing;
        }
        const name = `#constant_${constants.size}`;
        constants.set(key, name);
        const narrowed = half && type === "float32";
        initializers.push(
          narrowed
            ? constantProto(name, { data: toHalf(source.data as Float32Array) }, shape, "float16")
            : constantProto(name, source, shape, type),
        );
        return name;
      }
      case "weight": {
        // A parameter that is looked up twice is two tensors, of the same bytes.
        const key = `${source.offset} ${source.dtype}[${shape}] ${source.file}`;
        const existing = weights.get(key);
        if (existing !== undefined) {
          return existing;
        }
        const stored = `#weight_${initializers.length}`;
        initializers.push(externalProto(stored, source, shape, locationOf(source.file)));
        const asStored = STORAGE_TYPES[source.dtype].type === (type === "float32" ? floats : ELEMENT_TYPES[type]);
        const name = asStored ? stored : `${stored}_cast`;
        if (!asStored) {
          emit("Cast", "", [stored], name, { to: floats });
        }
        weights.set(key, name);
        return name;
      }
      case "apply": {
        const call = source.op.onnx(source.inputs, source.attributes, shape);
        const from = call.inputs.map((operand) => (operand === null ? "" : nameOf(operand)));
        const name = outputNames.get(tensor) ?? `#${source.op.name}_${nodes.length}`;
        emit(call.type, call.domain ?? "", from, name, call.attributes);
        return name;
      }
    }
  };

  const outputPorts: Port[] = [];
  for (const [name, tensor] of Object.entries(outputs)) {
    const computed = nameOf(tensor);
    if (half && tensor.type === "float32") {
      emit("Cast", "", [computed], name, { to: DataType.FLOAT });
    } else if (computed !== name) {
      // An input, a constant, or one tensor under two names: the runtime wants a node for each output.
      emit("Identity", "", [computed], name);
    }
    outputPorts.push({ name, shape: tensor.shape, type: tensor.type });
  }

  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "anomalyclip",
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: "", version: OPSET }),
      create(OperatorSetIdProtoSchema, { domain: "com.microsoft", version: 1n }),
    ],
    graph: create(GraphProtoSchema, {
      name: "anomalyclip",
      node: nodes,
      initializer: initializers,
      input: inputs.map(valueInfo),
      output: outputPorts.map(valueInfo),
    }),
  });
  return { model, inputs, outputs: outputPorts };
}

// --- internal ---

function attributeProto(name: string, value: OnnxAttribute): AttributeProto {
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === "string") {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

function constantProto(
  name: string,
  { data }: Pick<Constant, "data"> | { data: Uint16Array },
  shape: Shape,
  type: ElementType | "float16",
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: ELEMENT_TYPES[type],
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function externalProto(name: string, { offset, dtype }: Weight, shape: Shape, location: string): TensorProto {
  const { type, bytes } = STORAGE_TYPES[dtype];
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: type,
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      entry("location", location),
      entry("offset", String(offset)),
      entry("length", String(sizeOf(shape) * bytes)),
    ],
  });
}

function valueInfo({ name, shape, type }: Port): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: ELEMENT_TYPES[type],
          shape: { dim: shape.map((length) => ({ value: dimension(length) })) },
        },
      },
    },
  });
}

/** The one length that is unknown is the number of pictures. */
function dimension(length: number) {
  return isUnknown(length)
    ? { case: "dimParam" as const, value: "batch" }
    : { case: "dimValue" as const, value: BigInt(length) };
}
