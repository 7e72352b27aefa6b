/** A long series made short: means over equal steps, in memory that does not grow with the series. */

/** A place on a chart. */
export type Point = readonly [x: number, y: number];

/** Points that are kept at most: more than a chart of 480 pixels can show apart. Even, so that neighbours pair up. */
export const MOST_POINTS = 240;

/**
 * Takes any number of points in order and keeps the means of equally many neighbours each. As soon as there would be
 * more than {@link MOST_POINTS} of them, every two are joined.
 */
export class RunningMeans {
  #buckets: Bucket[] = [];
  #each = 1;

  /** Points that each mean stands for: 1, 2, 4, ... The last one may stand for fewer. */
  get each(): number {
    return this.#each;
  }

  add(x: number, y: number): void {
    let last = this.#buckets.at(-1);
    if (!last || last.count === this.#each) {
      if (this.#buckets.length === MOST_POINTS) this.#joinPairs();
      last = { x: 0, y: 0, count: 0 };
      this.#buckets.push(last);
    }
    last.x += x;
    last.y += y;
    last.count++;
  }

  /** The means in order. */
  points(): Point[] {
    return this.#buckets.map(({ x, y, count }) => [x / count, y / count]);
  }

  // All are full here, and full again afterwards.
  #joinPairs(): void {
    const before = this.#buckets;
    this.#each *= 2;
    this.#buckets = Array.from({ length: before.length / 2 }, (_, i) => {
      const [a, b] = [before[2 * i]!, before[2 * i + 1]!];
      return { x: a.x + b.x, y: a.y + b.y, count: a.count + b.count };
    });
  }
}

// --- internal ---

/** Sums of `count` points. */
interface Bucket {
  x: number;
  y: number;
  count: number;
}
