/** Sets samples aside to judge learning by. */

import type { Sample } from "../datasets/sample.ts";
import { AnomalyClipError } from "../errors.ts";
import { mixSeed, Random } from "../random.ts";

/** Samples to learn from and samples to judge by, each in the order given. */
export interface SetAside {
  training: Sample[];
  validation: Sample[];
}

/**
 * Sets a share of the samples aside: of each class the same share of normal and of abnormal ones, as near as whole
 * pictures go.
 *
 * @param share above 0 and below 1
 * @throws AnomalyClipError E_DATASET when that leaves one of the sides without pictures
 */
export function setAside(samples: readonly Sample[], share: number, seed: number): SetAside {
  const chosen = new Set<Sample>();
  for (const abnormal of [false, true]) {
    const groups = new Map<string, Sample[]>();
    for (const sample of samples.filter((one) => one.abnormal === abnormal)) {
      const group = groups.get(sample.className);
      if (group) group.push(sample);
      else groups.set(sample.className, [sample]);
    }
    // What rounding cuts off one class is owed to the next, so that many small classes add up.
    let owed = 0;
    for (const [className, group] of groups) {
      const random = new Random(mixSeed("validation", seed, `${abnormal} ${className}`));
      const wanted = group.length * share + owed;
      const count = Math.min(group.length, Math.round(wanted));
      owed = wanted - count;
      const rest = [...group];
      for (let i = 0; i < count; i++) {
        chosen.add(rest.splice(random.int(0, rest.length - 1), 1)[0]!);
      }
    }
  }
  if (chosen.size === 0 || chosen.size === samples.length) {
    const verb = chosen.size === 0 ? "judge by" : "learn from";
    throw new AnomalyClipError(
      "E_DATASET",
      `${share} of ${samples.length} pictures for validation leaves none to ${verb}: choose another share`,
    );
  }
  return {
    training: samples.filter((sample) => !chosen.has(sample)),
    validation: samples.filter((sample) => chosen.has(sample)),
  };
}
