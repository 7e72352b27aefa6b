/** Which categories and defect kinds a set is made of, from what the user asked for. */
import { categories, findCategory } from "./categories.ts";
import type { DefectInfo } from "./defects/kind.ts";
import { defects, findDefect } from "./defects.ts";
import type { CategoryInfo } from "./surface.ts";

/** One of the two disjoint halves, or both. */
export type Split = "train" | "held-out" | "all";

/** What to choose from; names win over splits. */
export interface Selection {
  /** Half of the categories (default `"all"`). */
  split?: Split;
  /** Part of the defect kinds (default: as `split`). */
  defectSplit?: Split;
  /** Names of categories, in place of a split. */
  categories?: readonly string[];
  /** Names of defect kinds, in place of a split. */
  defects?: readonly string[];
}

/**
 * The chosen categories and defect kinds, in the order of the lists.
 * @throws AnomalyClipError E_CONFIG for an unknown name.
 */
export function selectProcedural(selection: Selection = {}): { categories: CategoryInfo[]; defects: DefectInfo[] } {
  const split = selection.split ?? "all";
  const defectSplit = selection.defectSplit ?? split;
  for (const name of selection.categories ?? []) findCategory(name);
  for (const name of selection.defects ?? []) findDefect(name);
  const wanted = (names: readonly string[] | undefined, part: Split) => (item: { name: string; split: string }) =>
    names ? names.includes(item.name) : part === "all" || item.split === part;
  return {
    categories: categories.filter(wanted(selection.categories, split)),
    defects: defects.filter(wanted(selection.defects, defectSplit)),
  };
}
