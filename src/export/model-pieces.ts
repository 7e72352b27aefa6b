/**
 * An ONNX model as the files that it becomes: with its weights inside, or beside it in a file of their own. A `ModelProto`
 * with everything in it would not fit into memory twice, so only its frame is serialised; weights are stretches of the
 * files in which they lie.
 *
 * The layout on disk is Protobuf's, with the fields of onnx.proto: the graph is field 7 of the model, a weight is field 5 of
 * the graph, and its bytes are field 9 of the weight. All lengths are known beforehand, so the file is one that any reader
 * of ONNX takes.
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  TensorProto_DataLocation as DataLocation,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "onnx-buf";
import { type Piece, type Stretch, sizeOfPieces } from "./file-pieces.ts";

const GRAPH_OF_MODEL = 7;
const INITIALIZER_OF_GRAPH = 5;
const RAW_DATA_OF_TENSOR = 9;

/** Where weights begin in a file of their own: at pages, so that runtimes can map them into memory. */
const ALIGNMENT = 4096;

/** Bytes of the largest file that Protobuf reads. */
const LARGEST_FILE = 2 ** 31 - 1;

/**
 * The model in one file, or null where it would be larger than 2 GiB, which Protobuf cannot read.
 *
 * @param model its weights are external data, under the names of their files
 */
export function inOneFile(model: ModelProto): Piece[] | null {
  const { frame, graph, weights } = takeApart(model);
  if (sizeOfPieces(weights.map(({ stretch }) => stretch)) > LARGEST_FILE) return null;
  const initializers = weights.flatMap(({ tensor, stretch }): Piece[] => {
    const { name, dims, dataType } = tensor;
    const header = toBinary(TensorProtoSchema, create(TensorProtoSchema, { name, dims, dataType }));
    const start = new BinaryWriter().raw(header).raw(lengthPrefix(RAW_DATA_OF_TENSOR, stretch.length)).finish();
    return [lengthPrefix(INITIALIZER_OF_GRAPH, start.length + stretch.length), start, stretch];
  });
  const length = lengthPrefix(GRAPH_OF_MODEL, graph.length + sizeOfPieces(initializers));
  const pieces = [frame, length, graph, ...initializers];
  return sizeOfPieces(pieces) > LARGEST_FILE ? null : pieces;
}

/**
 * The model in two files.
 *
 * @param model its weights are external data, under the names of their files
 * @param dataName the name of the file with the weights, as the model, which lies beside it, calls it
 */
export function inTwoFiles(model: ModelProto, dataName: string): { model: Piece[]; data: Piece[] } {
  const { frame, graph, weights } = takeApart(model);
  const data: Piece[] = [];
  let end = 0;
  const initializers = weights.flatMap(({ tensor, stretch }): Piece[] => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    data.push(new Uint8Array(offset - end), stretch);
    end = offset + stretch.length;
    const externalData = Object.entries({ location: dataName, offset, length: stretch.length }).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value: String(value) }),
    );
    const bytes = toBinary(TensorProtoSchema, { ...tensor, externalData });
    return [lengthPrefix(INITIALIZER_OF_GRAPH, bytes.length), bytes];
  });
  const length = lengthPrefix(GRAPH_OF_MODEL, graph.length + sizeOfPieces(initializers));
  return { model: [frame, length, graph, ...initializers], data };
}

// --- internal ---

/** A tensor whose bytes lie in a file. */
interface StoredWeight {
  tensor: TensorProto;
  stretch: Stretch;
}

/** The model without its graph, the graph without its weights, and the weights. */
function takeApart(model: ModelProto): { frame: Uint8Array; graph: Uint8Array; weights: StoredWeight[] } {
  const graph = model.graph!;
  const isStored = ({ dataLocation }: TensorProto) => dataLocation === DataLocation.EXTERNAL;
  const weights = graph.initializer.filter(isStored).map((tensor) => {
    const entry = (name: string) => tensor.externalData.find(({ key }) => key === name)!.value!;
    const stretch = { file: entry("location"), offset: Number(entry("offset")), length: Number(entry("length")) };
    return { tensor, stretch };
  });
  const initializer = graph.initializer.filter((tensor) => !isStored(tensor));
  return {
    frame: toBinary(ModelProtoSchema, { ...model, graph: undefined }),
    graph: toBinary(GraphProtoSchema, { ...graph, initializer }),
    weights,
  };
}

/** What stands before a field of `length` bytes. */
function lengthPrefix(field: number, length: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
}
