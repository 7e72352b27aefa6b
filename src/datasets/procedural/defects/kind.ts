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
