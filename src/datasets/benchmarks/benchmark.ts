/** What is known about a benchmark: data, read by the one reader of layouts (`read-benchmark.ts`). */

import type { Split } from "../sample.ts";

/** A public data set of the paper's tables. */
export interface Benchmark {
  /** In lower case, as in `mvtec`. */
  id: string;
  title: string;
  domain: "industrial" | "medical";
  /** As the paper calls them; prompts that name the object use them. */
  classes: readonly string[];
  homePage: string;
  /** Where the files are, when that is another page. */
  download?: string;
  /** As its publisher states it; null when none was found. */
  licence: string | null;
  /** Of the archive, as in `1.9 GB`; null when not known. */
  downloadSize: string | null;
  /** Whether abnormal pictures have masks. */
  masks: boolean;
  /** Whether there are normal pictures in it. */
  normalPictures: boolean;
  /** What lies where, the layout of the paper first. */
  layouts: readonly [Layout, ...Layout[]];
  /** Names that its folder has inside archives, the one to be preferred first. */
  folders: readonly string[];
  /** What was published, or counted by others, about the versions that are about; empty when nothing was found. */
  published: readonly PublishedCounts[];
  /** What a person should know before using it. */
  notes: readonly string[];
}

/** One way in which the files of a benchmark lie in folders. */
export interface Layout {
  /** As in `as downloaded`. */
  name: string;
  /** For people: one folder or file a line, indented by two spaces. */
  tree: string;
  pictures: readonly Place[];
  /** Path patterns of masks; none where this layout has none. */
  masks: readonly string[];
  label: LabelSource;
}

/** Where pictures lie. */
export interface Place {
  /** A path pattern (`path-pattern.ts`) from the folder that holds the benchmark. */
  path: string;
  /** The split, where the path itself does not say it. */
  split?: Split;
  /** What all pictures in this place are, where the layout's label is the place. */
  abnormal?: boolean;
}

/**
 * What says whether a picture is normal:
 * - its place;
 * - its `{specie}` folder, which is one of `normal` (lower case) or not;
 * - a mask that is there, or not;
 * - a mask that has a pixel above 0, or not;
 * - `table`: a CSV with the number of the picture (`key`) and 0 or 1 (`value`), in the folder or in one further up;
 * - `list`: a CSV with the columns that `readCsv` takes, which says everything about every picture.
 */
export type LabelSource =
  | { by: "place" }
  | { by: "specie"; normal: readonly string[] }
  | { by: "mask file" }
  | { by: "mask content" }
  | { by: "table"; file: string; key: string; value: string }
  | { by: "list"; file: string };

export interface LabelCounts {
  normal: number;
  abnormal: number;
}

/** The pictures of one published version of a benchmark. */
export interface PublishedCounts {
  /** Which version; the name of a layout where each layout has pictures of its own. */
  name: string;
  /** Null when not known. */
  train: LabelCounts | null;
  /** With pictures that belong to no split. */
  test: LabelCounts;
  /** Masks of abnormal test pictures. */
  masks: number;
}
