/** The small random CLIP of the reference as an opened model, with pictures of it, for tests. */

import { reference, referencePath } from "../../test/reference/reference.ts";
import { readPromptCheckpoint, writePromptCheckpoint } from "../weights/prompt-checkpoint.ts";
import type { ModelOptions } from "./open-model.ts";

export const referenceModel = {
  model: referencePath("clip.safetensors"),
  prompts: referencePath("prompts.pth"),
  imageSize: reference.image_size,
  layers: reference.features_list,
  dpamFrom: reference.config.vision_layers - reference.dpam_layer + 2,
} satisfies ModelOptions;

/** Patches along a side. */
export const GRID = reference.image_size / reference.config.vision_patch_size;

export const PICTURE = referencePath("images/rgb-large.png");

/** Writes the reference's prompts as prompts that name the object. */
export async function writeObjectAware(path: string): Promise<string> {
  const prompts = await readPromptCheckpoint(referenceModel.prompts);
  const templates = JSON.stringify({ normal: ["{}"], abnormal: ["damaged {}"], object: null });
  await writePromptCheckpoint(path, { ...prompts, metadata: { templates } });
  return path;
}
