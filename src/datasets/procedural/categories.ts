/** The list of all categories, textures first. */
import { AnomalyClipError } from "../../errors.ts";
import { abstractObjects } from "./objects/abstract.ts";
import { arrangedObjects } from "./objects/arrangements.ts";
import { assemblyObjects } from "./objects/assemblies.ts";
import { everydayObjects } from "./objects/everyday.ts";
import { groups } from "./objects/groups.ts";
import { hardwareObjects } from "./objects/hardware.ts";
import { mechanismObjects } from "./objects/mechanisms.ts";
import { scans } from "./objects/scans.ts";
import type { Category, CategoryInfo } from "./surface.ts";
import { abstractTextures } from "./textures/abstract.ts";
import { clinicalTextures } from "./textures/clinical.ts";
import { industrialTextures } from "./textures/industrial.ts";
import { livingTextures } from "./textures/living.ts";
import { manufacturedTextures } from "./textures/manufactured.ts";
import { naturalTextures } from "./textures/natural.ts";
import { wovenTextures } from "./textures/woven.ts";

const all: readonly Category[] = [
  ...wovenTextures,
  ...manufacturedTextures,
  ...naturalTextures,
  ...industrialTextures,
  ...livingTextures,
  ...clinicalTextures,
  ...abstractTextures,
  ...hardwareObjects,
  ...assemblyObjects,
  ...everydayObjects,
  ...groups,
  ...abstractObjects,
  ...arrangedObjects,
  ...mechanismObjects,
  ...scans,
];

/** Every category; `split` says which half it belongs to, and both halves mix textures and objects. */
export const categories: readonly CategoryInfo[] = all;

/** The category of that name.
 * @throws AnomalyClipError E_CONFIG when there is none. */
export function findCategory(name: string): Category {
  const found = all.find((category) => category.name === name);
  if (found) return found;
  const known = all.map((category) => category.name).join(", ");
  throw new AnomalyClipError("E_CONFIG", `procedural set: unknown category "${name}"; choose from ${known}`);
}
