/** Rows of a table by index, and the adjoint. */

import { reshape } from "./layout.ts";
import { apply, type Op } from "./op.ts";
import { type Tensor, zeros } from "./tensor.ts";

const gatherRowsOp: Op<Record<never, never>> = {
  name: "gatherRows",
  shape: ([table, indices]) => {
    if (table!.length !== 2) {
      throw new RangeError("the table must be [rows, width]");
    }
    return [...indices!, table![1]!];
  },
  onnx: (inputs) => ({ type: "Gather", inputs, attributes: { axis: 0 } }),
  gradient: (g, { inputs: [table, indices] }) => [scatterAddRows(g, indices!, table!.shape[0]!), null],
};

/** `table` [rows, width] at int64 `indices` [...]: [..., width]. */
export function gatherRows(table: Tensor, indices: Tensor): Tensor {
  return apply(gatherRowsOp, [table, indices], {});
}

const scatterAddRowsOp: Op<{ rows: number }> = {
  name: "scatterAddRows",
  shape: ([values, indices], { rows }) => {
    if (`${values!.slice(0, -1)}` !== `${indices}`) {
      throw new RangeError("there must be one index for each row of values");
    }
    return [rows, values![values!.length - 1]!];
  },
  type: "float32",
  onnx: ([values, indices], _, output) => ({
    type: "ScatterND",
    inputs: [zeros(output), reshape(indices!, [...indices!.shape, 1]), values!],
    attributes: { reduction: "add" },
  }),
  gradient: (g, { inputs: [, indices] }) => [gatherRows(g, indices!), null],
};

/** A table of `rows` rows with `values` [..., width] added at their int64 `indices` [...]; zero elsewhere. */
export function scatterAddRows(values: Tensor, indices: Tensor, rows: number): Tensor {
  return apply(scatterAddRowsOp, [values, indices], { rows });
}
