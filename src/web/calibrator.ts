/** The pictures that a product's threshold is drawn from, with their scores: all of one model. */

import { computed, type Signal, signal } from "@preact/signals";
import type { Calibration, Result } from "../server/api.ts";
import { AT_ONCE, type DetectOptions } from "./api-client.ts";

export interface ScoredPicture {
  key: number;
  name: string;
  /** Null while it is being looked at. */
  score: number | null;
}

interface CalibratorOptions {
  detect(file: File, options: DetectOptions): Promise<Pick<Result, "score">>;
  calibrate(good: readonly number[], bad: readonly number[]): Promise<Calibration>;
  /** Told of what fails. @param name the picture's; null where it is not about one */
  onError(error: unknown, name: string | null): void;
}

export class Calibrator {
  readonly good = signal<readonly ScoredPicture[]>([]);
  readonly bad = signal<readonly ScoredPicture[]>([]);
  /** Null is the service's first. */
  readonly model = signal<string | null>(null);
  /** Of all pictures in both lists; null until they have been looked at. */
  readonly calibration = signal<Calibration | null>(null);
  /** Pictures that are being looked at. */
  readonly pending = computed(
    () => [...this.good.value, ...this.bad.value].filter(({ score }) => score === null).length,
  );
  /** Raised when all begins anew: what was under way then is over. */
  #round = 0;
  #lastKey = 0;

  constructor(private readonly options: CalibratorOptions) {}

  /** Looks at pictures, a few at once; of several batches, the last to end has the threshold drawn. */
  async look(files: readonly File[], into: Signal<readonly ScoredPicture[]>): Promise<void> {
    const round = this.#round;
    const isOver = () => round !== this.#round;
    const model = this.model.value;
    const waiting = files.map((file) => ({ key: ++this.#lastKey, file }));
    into.value = [...into.value, ...waiting.map(({ key, file }) => ({ key, name: file.name, score: null }))];
    this.calibration.value = null;
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { key, file } = next;
        try {
          const { score } = await this.options.detect(file, { model, product: null, keep: false });
          if (isOver()) return;
          into.value = into.value.map((picture) => (picture.key === key ? { ...picture, score } : picture));
        } catch (error) {
          if (isOver()) return;
          into.value = into.value.filter((picture) => picture.key !== key);
          this.options.onError(error, file.name);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (!isOver() && this.pending.value === 0) await this.#calibrate();
  }

  /** Empties both lists. */
  begin(): void {
    this.#round++;
    [this.good.value, this.bad.value, this.calibration.value] = [[], [], null];
  }

  /** Scores of one model say nothing about another's: all begins anew. */
  chooseModel(name: string | null): void {
    this.model.value = name;
    this.begin();
  }

  async #calibrate(): Promise<void> {
    const [good, bad] = [this.good.value, this.bad.value];
    if (good.length === 0) return;
    try {
      const calibration = await this.options.calibrate(scoresOf(good), scoresOf(bad));
      // Pictures that came meanwhile have it drawn again.
      if (this.good.value === good && this.bad.value === bad) this.calibration.value = calibration;
    } catch (error) {
      this.options.onError(error, null);
    }
  }
}

export function scoresOf(pictures: readonly ScoredPicture[]): number[] {
  return pictures.flatMap(({ score }) => (score === null ? [] : [score]));
}
