/** How many pictures of each kind a data set has. */

import type { LabelCounts } from "../benchmarks/benchmark.ts";
import type { Sample } from "../sample.ts";

export interface ClassCounts {
  name: string;
  train: LabelCounts;
  /** With pictures that belong to no split. */
  test: LabelCounts;
  /** Abnormal pictures with a mask, of both splits. */
  masks: number;
}

/** The counts of each class, in the order in which the classes come. */
export function countClasses(samples: readonly Sample[]): ClassCounts[] {
  const classes = new Map<string, ClassCounts>();
  for (const { className, abnormal, mask, split } of samples) {
    const none = () => ({ normal: 0, abnormal: 0 });
    const counts = classes.get(className) ?? { name: className, train: none(), test: none(), masks: 0 };
    classes.set(className, counts);
    counts[split ?? "test"][abnormal ? "abnormal" : "normal"]++;
    if (mask !== null) counts.masks++;
  }
  return [...classes.values()];
}
