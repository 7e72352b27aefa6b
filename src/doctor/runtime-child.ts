/**
 * A process that loads ONNX Runtime. Asked `runtime`, it replies with its version and the providers that are installed;
 * asked with a provider's id, whether a tiny graph runs on it.
 */

import { messageOf } from "../errors.ts";
import { matmul } from "../graph/linear.ts";
import { toOnnx } from "../graph/onnx.ts";
import { constant, input } from "../graph/tensor.ts";
import { computeAlone, installedProviders, PROVIDERS, type ProviderId, runtimeVersion } from "../runtime/providers.ts";
import type { Reply } from "./ask-child.ts";

/** The reply to `runtime`. */
export interface InstalledRuntime {
  version: string;
  /** In order of preference. */
  installed: ProviderId[];
}

const question = process.argv.at(-1)!;
const reply: Reply<InstalledRuntime | true> = await answer().then(
  (answer) => ({ answer }),
  (error) => ({ failure: messageOf(error) }),
);
process.send?.(reply);

async function answer(): Promise<InstalledRuntime | true> {
  if (question === "runtime") {
    return { version: await runtimeVersion(), installed: (await installedProviders()).map(({ id }) => id) };
  }
  await multiply(question as ProviderId);
  return true;
}

/** A product of small matrices with a result that is known. */
async function multiply(id: ProviderId): Promise<void> {
  const side = 16;
  const twice = Float32Array.from({ length: side * side }, (_, i) => (i % (side + 1) === 0 ? 2 : 0));
  const graph = toOnnx({ y: matmul(input("x", [side, side]), constant(twice, [side, side])) });
  const x = Float32Array.from({ length: side * side }, (_, i) => i);
  const y = await computeAlone(PROVIDERS.find((provider) => provider.id === id)!, graph, { x });
  const wrong = y.findIndex((value, i) => value !== 2 * i);
  if (wrong >= 0) throw new Error(`it computes wrongly: 2 x ${wrong} = ${y[wrong]}`);
}
