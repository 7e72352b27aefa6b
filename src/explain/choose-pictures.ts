/** Which pictures of a data set are drawn: some of each class, as many normal as abnormal ones. */

import type { Sample } from "../datasets/sample.ts";
import { mixSeed, Random } from "../random.ts";

/**
 * At most `limit` pictures of each class, half of them abnormal; where there are too few of one kind, the other fills up.
 * The same seed chooses the same pictures.
 *
 * @returns in the order given
 */
export function choosePictures(samples: readonly Sample[], limit: number, seed: number): Sample[] {
  const chosen = new Set<Sample>();
  for (const className of new Set(samples.map((sample) => sample.className))) {
    const [normal, abnormal] = [false, true].map((kind) =>
      shuffled(
        samples.filter((sample) => sample.className === className && sample.abnormal === kind),
        mixSeed(seed, className, String(kind)),
      ),
    ) as [Sample[], Sample[]];
    const half = Math.ceil(limit / 2);
    const abnormalCount = Math.min(abnormal.length, Math.max(half, limit - normal.length));
    for (const sample of abnormal.slice(0, abnormalCount)) chosen.add(sample);
    for (const sample of normal.slice(0, limit - abnormalCount)) chosen.add(sample);
  }
  return samples.filter((sample) => chosen.has(sample));
}

// --- internal ---

function shuffled<T>(items: T[], seed: number): T[] {
  const random = new Random(seed);
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
