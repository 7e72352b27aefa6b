/** Compares the pictures of a benchmark with what was published about it. */

import type { Benchmark, PublishedCounts } from "../benchmarks/benchmark.ts";
import type { Sample } from "../sample.ts";

export interface Comparison {
  /** The published version that was compared with. */
  name: string;
  /** As in `462 normal test pictures, published are 467`; none where everything is equal. */
  differences: string[];
}

/**
 * Compares with the published version of the layout, else with the nearest. Pictures of no split count as test.
 *
 * @param layout the name of the layout that the pictures are in.
 * @returns null where nothing is published.
 */
export function compareCounts(benchmark: Benchmark, layout: string, samples: readonly Sample[]): Comparison | null {
  const ofLayout = benchmark.published.filter(({ name }) => name === layout);
  const candidates = ofLayout.length > 0 ? ofLayout : benchmark.published;
  const comparisons = candidates.map((published) => compare(published, samples));
  const nearest = comparisons.sort((a, b) => a.distance - b.distance)[0];
  return nearest ? { name: nearest.name, differences: nearest.differences } : null;
}

// --- internal ---

function compare({ name, train, test, masks }: PublishedCounts, samples: readonly Sample[]) {
  const trained = samples.filter((sample) => sample.split === "train");
  const tested = samples.filter((sample) => sample.split !== "train");
  const countOf = (among: readonly Sample[], abnormal: boolean) =>
    among.filter((sample) => sample.abnormal === abnormal).length;
  const counts: [found: number, published: number, what: string][] = [
    [countOf(tested, false), test.normal, "normal test pictures"],
    [countOf(tested, true), test.abnormal, "abnormal test pictures"],
    [tested.filter((sample) => sample.mask !== null).length, masks, "masks of test pictures"],
  ];
  if (train) {
    counts.push([countOf(trained, false), train.normal, "normal training pictures"]);
    counts.push([countOf(trained, true), train.abnormal, "abnormal training pictures"]);
  }
  const different = counts.filter(([found, published]) => found !== published);
  return {
    name,
    distance: different.reduce((sum, [found, published]) => sum + Math.abs(found - published), 0),
    differences: different.map(([found, published, what]) => `${found} ${what}, published are ${published}`),
  };
}
