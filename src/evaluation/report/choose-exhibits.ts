/** Which pictures a report shows: where the method is at its best, and where at its worst. */

/** What the choice depends on. */
export interface Candidate {
  sample: { className: string; abnormal: boolean };
  /** P(abnormal | image). */
  score: number;
}

/**
 * The best: abnormal pictures with the highest scores and normal ones with the lowest. The worst: abnormal pictures with
 * the lowest scores and normal ones with the highest. Half of each list is abnormal as far as there are enough of both
 * kinds, and comes first. The best are of the better half of their kind and the worst of the other, so no picture is in
 * both. As many classes as possible have a part. Equal scores keep their order.
 *
 * @param count the most pictures in either list
 */
export function chooseExhibits<T extends Candidate>(pictures: readonly T[], count: number): { best: T[]; worst: T[] } {
  const abnormal = halves(pictures.filter(({ sample }) => sample.abnormal).sort((a, b) => b.score - a.score));
  const normal = halves(pictures.filter(({ sample }) => !sample.abnormal).sort((a, b) => a.score - b.score));
  return {
    best: chooseOfBoth(abnormal.better, normal.better, count),
    worst: chooseOfBoth(abnormal.worse, normal.worse, count),
  };
}

// --- internal ---

/** @param ranked the best first */
function halves<T>(ranked: readonly T[]): { better: T[]; worse: T[] } {
  const middle = Math.ceil(ranked.length / 2);
  return { better: ranked.slice(0, middle), worse: ranked.slice(middle).reverse() };
}

function chooseOfBoth<T extends Candidate>(abnormal: readonly T[], normal: readonly T[], count: number): T[] {
  const abnormals = Math.min(abnormal.length, Math.max(Math.ceil(count / 2), count - normal.length));
  return [...chooseVaried(abnormal, abnormals), ...chooseVaried(normal, count - abnormals)];
}

/** The first of each class, then the second of each, and so on until there are `count`; in the order given. */
function chooseVaried<T extends Candidate>(ranked: readonly T[], count: number): T[] {
  const ranks = new Map<string, number>();
  const chosen = ranked.map((picture, place) => {
    const rank = ranks.get(picture.sample.className) ?? 0;
    ranks.set(picture.sample.className, rank + 1);
    return { picture, rank, place };
  });
  return chosen
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .slice(0, count)
    .sort((a, b) => a.place - b.place)
    .map(({ picture }) => picture);
}
