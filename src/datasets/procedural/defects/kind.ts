/** What a defect kind is. */
import type { CategoryInfo } from "../surface.ts";
import type { Damage } from "./damage.ts";

/** The public face of a defect kind. */
export interface DefectInfo {
  /** Folder name, such as `missing-part`. */
  name: string;
  /** With its article, after "with": "a scratch". */
  wording: string;
  /** Before the noun: "scratched". */
  adjective: string;
  split: "train" | "held-out";
  /** Whether a category can have it. */
  appliesTo(category: CategoryInfo): boolean;
}

/** A defect kind with the means to draw it. */
export interface DefectKind extends DefectInfo {
  paint(damage: Damage): void;
}

/** Whether it is a thing that can be scratched and soiled, not living tissue or a picture of the inside. */
export function isSolid({ material, scan }: CategoryInfo): boolean {
  return material !== "tissue" && scan !== true;
}

/** Whether it is such a thing and has an outline and parts. */
export function isSolidObject(category: CategoryInfo): boolean {
  return isSolid(category) && category.kind === "object";
}
