/** Pictures that wait to be looked at: nobody knows of a file whether its writer is done, only how long it has kept still. */

/** What tells one state of a file from another. */
export interface Snapshot {
  /** Bytes. */
  size: number;
  /** Time of modification, milliseconds since 1970. */
  modified: number;
}

/** A picture that has kept still long enough. */
export interface SettledPicture extends Snapshot {
  image: string;
}

export function sameSnapshot(a: Snapshot, b: Snapshot): boolean {
  return a.size === b.size && a.modified === b.modified;
}

/** Pictures by path, each with the state in which it was last seen. Times are those of `Date.now()`. */
export class SettlingQueue {
  readonly #waiting = new Map<string, Snapshot & { due: number }>();

  /** @param settle milliseconds for which a file must not have changed */
  constructor(private readonly settle: number) {}

  get size(): number {
    return this.#waiting.size;
  }

  has(image: string): boolean {
    return this.#waiting.has(image);
  }

  /** A picture was seen: the clock starts, or starts anew where the file has changed since. */
  saw(image: string, { size, modified }: Snapshot, now: number): void {
    const before = this.#waiting.get(image);
    if (before && sameSnapshot(before, { size, modified })) return;
    this.#waiting.set(image, { size, modified, due: now + this.settle });
  }

  /** Puts a picture in for later. */
  postpone(image: string, { size, modified }: Snapshot, due: number): void {
    this.#waiting.set(image, { size, modified, due });
  }

  /**
   * Takes out the settled picture that was modified first. The file may have changed since it was last seen: look again,
   * and give it back with `saw` if it has.
   *
   * @param isFree false for a picture that is not to be taken yet. Default: all are
   * @returns null when none is settled
   */
  take(now: number, isFree: (image: string) => boolean = () => true): SettledPicture | null {
    let first: SettledPicture | null = null;
    for (const [image, { size, modified, due }] of this.#waiting) {
      if (due > now || (first && first.modified <= modified) || !isFree(image)) continue;
      first = { image, size, modified };
    }
    if (first) this.#waiting.delete(first.image);
    return first;
  }
}
