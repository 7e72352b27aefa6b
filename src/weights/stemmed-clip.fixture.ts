/** The embedded model with a convolutional stem that nobody trained. */

import { readFile } from "node:fs/promises";
import { Random } from "../random.ts";
import { BYTES_PER_ELEMENT } from "./checkpoint.ts";
import { openClip } from "./clip-weights.ts";
import { EMBEDDED_MODEL } from "./embedded-model.ts";
import { countElements } from "./read-tensor.ts";
import { type TensorToWrite, writeSafetensors } from "./write-safetensors.ts";

/** Writes it to `path`. */
export async function writeStemmedClip(path: string, stem: readonly number[] = [8, 16]): Promise<void> {
  const { config, tensors } = await openClip(EMBEDDED_MODEL);
  const bytes = await readFile(EMBEDDED_MODEL);
  const kept = [...tensors]
    .filter(([name]) => !/^vision\.(patch|stem)\./.test(name))
    .map(([name, { dtype, shape, offset }]): TensorToWrite => {
      const data = bytes.subarray(offset, offset + countElements(shape) * BYTES_PER_ELEMENT[dtype]);
      return { name, dtype, shape, data };
    });
  const random = new Random(6);
  const draw = (name: string, ...shape: number[]): TensorToWrite => {
    const size = countElements(shape);
    const deviation = (size / shape[0]!) ** -0.5;
    return { name, dtype: "F32", shape, data: Float32Array.from({ length: size }, () => deviation * random.normal()) };
  };
  const side = config.patchSize / 2 ** stem.length;
  const drawn = [
    ...stem.flatMap((out, i) => [
      draw(`vision.stem.${i}.weight`, out, stem[i - 1] ?? 3, 3, 3),
      draw(`vision.stem.${i}.bias`, out),
    ]),
    draw("vision.patch.weight", config.vision.width, stem.at(-1) ?? 3, side, side),
  ];
  const stemmed = { ...config, vision: { ...config.vision, stem } };
  await writeSafetensors(path, [...kept, ...drawn], { clip_config: JSON.stringify(stemmed) });
}
