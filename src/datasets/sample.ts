/** What a data set is made of. */

/** A picture and what is true of it. */
export interface Sample {
  /** Path of the picture. */
  image: string;
  /** Path of its mask, where every pixel above 0 is anomalous; null where there is none. A normal picture needs none. */
  mask: string | null;
  /** The product or organ, such as `bottle`. */
  className: string;
  /** Its state as the set names it, such as `good` or `broken_large`. */
  specie: string;
  abnormal: boolean;
  /** Null where the set makes no difference: such a sample belongs to every split. */
  split: Split | null;
}

export type Split = "train" | "test";

/** A data set, as found on disk. */
export interface Dataset {
  /** The id of the benchmark that it was opened as, such as `mvtec`; absent otherwise. */
  id?: string;
  /** Its `id`, else the name of its root folder. */
  name: string;
  /** In the order of `meta.json` or of the table that lists them, else in natural order of paths. */
  samples: Sample[];
}
