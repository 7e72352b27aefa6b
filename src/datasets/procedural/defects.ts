/** The list of all defect kinds. */
import { AnomalyClipError } from "../../errors.ts";
import { diseaseDefects } from "./defects/disease.ts";
import { foreignDefects } from "./defects/foreign.ts";
import type { DefectInfo, DefectKind } from "./defects/kind.ts";
import { lineDefects } from "./defects/lines.ts";
import { markDefects } from "./defects/marks.ts";
import { matterDefects } from "./defects/matter.ts";
import { outlineDefects } from "./defects/outline.ts";
import { partDefects } from "./defects/parts.ts";
import { shapeDefects } from "./defects/shape.ts";

const all: readonly DefectKind[] = [
  ...lineDefects,
  ...markDefects,
  ...shapeDefects,
  ...matterDefects,
  ...partDefects,
  ...outlineDefects,
  ...diseaseDefects,
  ...foreignDefects,
];

/** Every defect kind; about two thirds are `train`, the rest `held-out`. */
export const defects: readonly DefectInfo[] = all;

/** The defect kind of that name.
 * @throws AnomalyClipError E_CONFIG when there is none. */
export function findDefect(name: string): DefectKind {
  const found = all.find((defect) => defect.name === name);
  if (found) return found;
  const known = all.map((defect) => defect.name).join(", ");
  throw new AnomalyClipError("E_CONFIG", `procedural set: unknown defect "${name}"; choose from ${known}`);
}
