/** Takes points out of a curve that would not be seen in a plot. */

interface Vertex {
  x: number;
  y: number;
  threshold: number;
}

/**
 * Thins a curve whose `x` never falls, both axes from 0 to 1, while its points come. A point is left out when the line
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

  /** @param most points that are kept, at least 2. */
  constructor(
    start: Vertex,
    private readonly most: number,
  ) {
    if (!(Number.isInteger(most) && most >= 2)) throw new RangeError(`a curve needs 2 points or more, got ${most}`);
    this.#last = start;
    this.#kept = [start];
  }

  /** Takes the next `length` points. */
  take(xs: Float64Array, ys: Float64Array, thresholds: Float64Array, length: number): void {
    let { x, y } = this.#last;
    for (let i = 0; i < length; i++) {
      // Most of millions of points end here. The last of them are looked at: the curve ends there.
      const near = this.#tolerance / 2;
      if (i < length - 1 && Math.abs(xs[i]! - x) < near && Math.abs(ys[i]! - y) < near) continue;
      x = xs[i]!;
      y = ys[i]!;
      this.#look({ x, y, threshold: thresholds[i]! });
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
    const outside = direction < this.#lowest || direction > this.#highest;
    if (distance > 0 && (outside || distance < this.#reach - this.#tolerance)) {
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
    while (this.#kept.length >= this.most) {
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
