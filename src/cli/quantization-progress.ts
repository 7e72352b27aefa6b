/** Shows that 8-bit weights are being made: a line that counts up on a terminal, a single line elsewhere. */

import type { QuantizeProgress } from "../quantization/quantize-tower.ts";
import type { TextStream } from "./terminal.ts";

/** Makes a listener for the preparation of a model. */
export function showQuantization(stream: TextStream): (progress: QuantizeProgress) => void {
  return ({ done, total }) => {
    const what = "preparing the model in 8 bits, once";
    if (stream.isTTY) stream.write(`\r\u001B[2K${what}: block ${done} of ${total}${done === total ? "\n" : ""}`);
    else if (done === 0) stream.write(`anomalyclip: ${what}\n`);
  };
}
