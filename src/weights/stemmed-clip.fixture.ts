/** The embedded model with a convolutional stem that nobody trained, in place of its own if it has one. */

import { readFile } from "node:fs/promises";
import { Random } from "../random.ts";
import { BYTES_PER_ELEMENT } from "./checkpoint.ts";
import { openClip } from "./clip-weights.ts";
import { EMBEDDED_MODEL } from "./embedded-model.ts";
import { countElements } from "./read-tensor.ts";
import { stemStride } from "./stem.ts";
import { stemOf } from "./tiny-clip.fixture.ts";
import { type TensorToWrite, writeSafetensors } from "./write-safetensors.ts";

const STEM = stemOf([8, 2], [16, 2], [16, 1]);

/** Writes it to `path`. */
export async function writeStemmedClip(path: string): Promise<void> {
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
  const vision = { ...config.vision, stem: STEM };
  const side = config.patchSize / stemStride(vision.stem);
  const drawn = [
    ...STEM.flatMap(({ channels }, i) => [
      draw(`vision.stem.${i}.weight`, channels, STEM[i - 1]?.channels ?? 3, 3, 3),
      draw(`vision.stem.${i}.bias`, channels),
    ]),
    draw("vision.patch.weight", vision.width, STEM.at(-1)!.channels, side, side),
  ];
  const stemmed = { ...config, vision };
  await writeSafetensors(path, [...kept, ...drawn], { clip_config: JSON.stringify(stemmed) });
}
