/** Chooses samples of data sets by split and class. */

import { AnomalyClipError } from "../errors.ts";
import { printable } from "../printable.ts";
import type { Dataset, Sample, Split } from "./sample.ts";

export interface SampleChoice {
  /** Samples that belong to no split belong to this one too. */
  split: Split;
  /** Only these classes: `bottle`, or `mvtec/bottle` where several sets have a bottle, in any case. Default: all. */
  classes?: readonly string[];
  /** All but these, named likewise. Default: none. */
  excludeClasses?: readonly string[];
}

/** A class of one data set. */
interface ClassOfSet {
  dataset: string;
  name: string;
  samples: Sample[];
}

const SHOWN_CLASSES = 40;

/**
 * The samples of the split and of the chosen classes, in the order of the data sets and of their samples.
 *
 * @throws AnomalyClipError `E_CONFIG` for a class that no set has, or when every class is excluded; `E_DATASET` when a
 * chosen class has no pictures in the split.
 * @example
 * const samples = chooseSamples([await openDataset("mvtec")], { split: "test", excludeClasses: ["screw"] });
 */
export function chooseSamples(datasets: readonly Dataset[], choice: SampleChoice): Sample[] {
  const { split, classes = [], excludeClasses = [] } = choice;
  const all = datasets.flatMap(classesOf);
  for (const name of [...classes, ...excludeClasses]) requireKnown(name, all);
  const kept = all.filter((one) => (classes.length === 0 || isNamed(one, classes)) && !isNamed(one, excludeClasses));
  if (kept.length === 0) throw new AnomalyClipError("E_CONFIG", "every class is excluded; keep at least one");
  const chosen = new Set<Sample>();
  for (const one of kept) {
    const samples = one.samples.filter((sample) => sample.split === null || sample.split === split);
    if (samples.length === 0) throw emptyClass(one, split, all);
    for (const sample of samples) chosen.add(sample);
  }
  return datasets.flatMap((dataset) => dataset.samples.filter((sample) => chosen.has(sample)));
}

// --- internal ---

function classesOf(dataset: Dataset): ClassOfSet[] {
  const classes = new Map<string, ClassOfSet>();
  for (const sample of dataset.samples) {
    const one = classes.get(sample.className);
    if (one) one.samples.push(sample);
    else classes.set(sample.className, { dataset: dataset.name, name: sample.className, samples: [sample] });
  }
  return [...classes.values()];
}

function isNamed(one: ClassOfSet, names: readonly string[]): boolean {
  const own = [one.name, `${one.dataset}/${one.name}`].map((name) => name.toLowerCase());
  return names.some((name) => own.includes(name.toLowerCase()));
}

function requireKnown(name: string, all: readonly ClassOfSet[]): void {
  if (all.some((one) => isNamed(one, [name]))) return;
  const severalSets = new Set(all.map((one) => one.dataset)).size > 1;
  const known = all.slice(0, SHOWN_CLASSES).map((one) => (severalSets ? `${one.dataset}/${one.name}` : one.name));
  if (all.length > known.length) known.push(`${all.length - known.length} more`);
  throw new AnomalyClipError("E_CONFIG", printable(`unknown class "${name}"; known classes: ${known.join(", ")}`));
}

function emptyClass(one: ClassOfSet, split: Split, all: readonly ClassOfSet[]): AnomalyClipError {
  const other = split === "train" ? "test" : "train";
  const ofSet = all.filter(({ dataset }) => dataset === one.dataset).flatMap(({ samples }) => samples);
  // Every sample of a class without one in this split is of the other split.
  const message = ofSet.every((sample) => sample.split === other)
    ? `${one.dataset}: no pictures in the split ${split}, all ${ofSet.length} are in ${other}; choose the split ${other}`
    : `${one.dataset}/${one.name}: no pictures in the split ${split}, ${one.samples.length} in ${other}; ` +
      `choose the split ${other} or exclude the class`;
  return new AnomalyClipError("E_DATASET", printable(message));
}
