/** The small model that comes with the package. */

import { fileURLToPath } from "node:url";

const file = (name: string) => fileURLToPath(new URL(`../../models/mini/${name}`, import.meta.url));

/** Its CLIP. */
export const EMBEDDED_MODEL = file("clip.safetensors");
/** Its prompts, with the settings that suit it. */
export const EMBEDDED_PROMPTS = file("prompts.safetensors");
