/** Takes points out of a curve that would not be seen in a plot. */

export interface ThinningOptions {
  /** What is at the end of the first axis. */
  width: number;
  /** What is at the end of the second axis. */
  height: number;
  /** Most points that are kept, at least 2. */
  most: number;
}

interface Vertex {
  x: number;
  y: number;
  threshold: number;
}

/**
 * Thins a curve whose `x` never falls while its points come. A point is left out when the line
 * through those that are kept passes by it within a tolerance. The tolerance begins at the size of rounding errors, so
 * that corners are exact and points on a line between others go, and is doubled whenever too many points would be kept;
 * what was left out lies within two tolerances of the line in the end.
 *
 * From the last point that is kept, each later one is seen within a range of directions as wide as the tolerance; while
 * all those ranges share a direction, one line serves all of them.
 */
export class CurveThinner {
  #tolerance = ROUNDING;
  #kept: Vertex[];
  /** The last point that was looked at: kept when no line serves it and the next. */
  #last: Vertex;
  #lowest = -Infinity;
  #highest = Infinity;
  /** How far the points since the last that is kept go. */
  #reach = 0;

  #looks = 0;
  readonly #width: number;
  readonly #height: number;
  readonly #most: number;

  /** @param start the first point, on axes from 0 to 1. */
  constructor(start: Vertex, { width, height, most }: ThinningOptions) {
    if (!(Number.isInteger(most) && most >= 2)) throw new RangeError(`a curve needs 2 points or more, got ${most}`);
    this.#last = start;
    this.#kept = [start];
    this.#width = width;
    this.#height = height;
    this.#most = most;
  }

  /** Takes the next `length` points. */
  take(xs: Float64Array, ys: Float64Array, thresholds: Float64Array, length: number): void {
    const [width, height] = [this.#width, this.#height];
    let i = 0;
    while (i < length) {
      const x = xs[i]!;
      const y = ys[i]!;
      this.#look({ x: x / width, y: y / height, threshold: thresholds[i]! });
      if (++this.#looks === MANY) this.#tolerance = Math.max(this.#tolerance, UNSEEN);
      // Most of millions of points end here; the last of them does not, for the curve ends there.
      const [nearX, nearY] = [(this.#tolerance / 2) * width, (this.#tolerance / 2) * height];
      i++;
      while (i < length - 1 && xs[i]! - x < nearX && Math.abs(ys[i]! - y) < nearY) i++;
    }
  }

  /** The points that are kept, the first and the last among them. */
  vertices(): readonly Vertex[] {
    return this.#last === this.#kept.at(-1) ? this.#kept : [...this.#kept, this.#last];
  }

  #look(vertex: Vertex): void {
    const from = this.#kept.at(-1)!;
    const distance = Math.hypot(vertex.x - from.x, vertex.y - from.y);
    const direction = Math.atan2(vertex.y - from.y, vertex.x - from.x);
    const outside = distance > 0 && (direction < this.#lowest || direction > this.#highest);
    if (outside || distance < this.#reach - this.#tolerance) {
      this.#keepLast();
      this.#look(vertex);
      return;
    }
    if (distance > this.#tolerance) {
      const spread = Math.asin(this.#tolerance / distance);
      this.#lowest = Math.max(this.#lowest, direction - spread);
      this.#highest = Math.min(this.#highest, direction + spread);
    }
    this.#reach = Math.max(this.#reach, distance);
    this.#last = vertex;
  }

  #keepLast(): void {
    this.#keep(this.#last);
    while (this.#kept.length >= this.#most) {
      const [start, ...rest] = this.#kept;
      this.#tolerance *= 2;
      this.#kept = [];
      this.#last = start!;
      this.#keep(start!);
      for (const vertex of rest) this.#look(vertex);
    }
  }

  #keep(vertex: Vertex): void {
    this.#kept.push(vertex);
    this.#lowest = -Infinity;
    this.#highest = Infinity;
    this.#reach = 0;
  }
}

// --- internal ---

const ROUNDING = 1e-9;

/** What no plot shows, to which the tolerance rises once this many points were looked at. */
const UNSEEN = 1e-5;
const MANY = 10_000;
