/** Prompt training from pictures on disk against three steps of the authors' released code. */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectedTensor, reference, referencePath, relativeL2 } from "../../test/reference/reference.ts";
import { encodePng } from "../image/encode.ts";
import { readPromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { promptLearnables } from "./prompt-learnables.ts";
import { runTraining } from "./run-training.ts";
import type { EpochReport } from "./train-prompts.ts";

const temporary = useTemporaryFolder();
const { image_size: size, features_list: layers, dpam_layer, config } = reference;

// Features are kept in half precision.
const LOSS_TOLERANCE = 1e-3; // relative
const PARAMETER_TOLERANCE = 1e-3; // relative, L2
/** Of the way that a parameter has gone since the start, L2: the start itself does not count here. */
const MOVE_TOLERANCE = 1e-2;

const PICTURES = ["rgb-large.png", "portrait.jpg", "square.png"];

/** The pictures of the reference, with its labels and masks. */
async function writeSet(): Promise<string> {
  const folder = temporary.path("set");
  await mkdir(folder);
  const labels = (await expectedTensor("train/labels")).values;
  const masks = (await expectedTensor("train/masks")).values;
  const listed = [];
  for (const [i, name] of PICTURES.entries()) {
    await copyFile(referencePath(`images/${name}`), join(folder, name));
    const mask = masks.subarray(i * size * size, (i + 1) * size * size);
    const data = Uint8Array.from({ length: 3 * size * size }, (_, k) => 255 * mask[Math.floor(k / 3)]!);
    await writeFile(join(folder, `${i}_mask.png`), await encodePng({ width: size, height: size, data }));
    listed.push({ img_path: name, mask_path: `${i}_mask.png`, cls_name: "object", anomaly: labels[i] });
  }
  await writeFile(join(folder, "meta.json"), JSON.stringify({ test: { object: listed } }));
  return folder;
}

const releasedName = (name: string) =>
  ({ "context.normal": "ctx_pos", "context.abnormal": "ctx_neg" })[name] ??
  name.replace("deep.", "compound_prompts_text.");

const wanted = async (name: string) => (await expectedTensor(`train/${name}`)).values;

test("three epochs of one step go the released code's way", async () => {
  const epochs: EpochReport[] = [];
  const init = referencePath("prompts.pth");
  const { folder } = await runTraining(
    {
      data: [await writeSet()],
      out: temporary.path("out"),
      cacheDir: temporary.path("cache"),
      model: referencePath("clip.safetensors"),
      init,
      imageSize: size,
      layers,
      dpamFrom: config.vision_layers - dpam_layer + 2,
      shuffle: false,
      batchSize: 3,
      epochs: 3,
    },
    { onEpoch: (epoch) => epochs.push(epoch) },
  );
  const start = promptLearnables(await readPromptCheckpoint(init));
  for (const [step, { global, local }] of epochs.entries()) {
    expect(relativeL2([global!], await wanted(`step${step}/global_loss`)), "global loss").toBeLessThan(LOSS_TOLERANCE);
    // The reference states the local loss with its weight.
    const localLoss = relativeL2([4 * local!], await wanted(`step${step}/local_loss`));
    expect(localLoss, "local loss").toBeLessThan(LOSS_TOLERANCE);
    const learned = promptLearnables(await readPromptCheckpoint(folder.checkpoint(step + 1)));
    expect([...learned.keys()]).toEqual([...start.keys()]);
    for (const [name, { values }] of learned) {
      const before = start.get(name)!.values;
      const after = await wanted(`step${step}/after/${releasedName(name)}`);
      expect(relativeL2(values, after), `${name} after step ${step}`).toBeLessThan(PARAMETER_TOLERANCE);
      const moved = (to: Float32Array) => to.map((x, i) => x - before[i]!);
      expect(relativeL2(moved(values), moved(after)), `move of ${name}`).toBeLessThan(MOVE_TOLERANCE);
    }
  }
  expect(epochs).toHaveLength(3);
});
