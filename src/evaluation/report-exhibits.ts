/** The pictures that a report shows, with their maps under the first method. */

import type { Exhibit } from "./evaluation.ts";
import type { EvaluationStore } from "./evaluation-store.ts";
import type { ScoredPicture } from "./measure-class.ts";
import { chooseExhibits } from "./report/choose-exhibits.ts";
import type { MapMaker } from "./scorer.ts";

/** Of each of the best and the worst. */
const SHOWN = 8;

/** The best and the worst pictures by their scores. */
export async function reportExhibits(
  pictures: readonly ScoredPicture[],
  context: {
    store: EvaluationStore;
    maps: MapMaker;
    /** How many methods the store has maps of. */
    methods: number;
    /** How many layers are summed in a map. */
    layers: number;
    /** S, the side of maps. */
    mapSize: number;
  },
): Promise<{ best: Exhibit[]; worst: Exhibit[] }> {
  const { store, maps, methods, layers, mapSize } = context;
  const scored = pictures.map(({ sample, record }) => ({ sample, record, score: record.scores[0]! }));
  const { best, worst } = chooseExhibits(scored, SHOWN);
  const exhibit = async ({ sample, record, score }: (typeof scored)[number]): Promise<Exhibit> => {
    const { image, mask, className, specie, abnormal } = sample;
    const patchMaps = await store.readMaps(record);
    const map = await maps.make(patchMaps.subarray(0, patchMaps.length / methods));
    return { image, mask, className, specie, abnormal, score, map: map.map((value) => value / layers), mapSize };
  };
  const all = async (chosen: readonly (typeof scored)[number][]) => {
    const exhibits: Exhibit[] = [];
    for (const one of chosen) exhibits.push(await exhibit(one));
    return exhibits;
  };
  return { best: await all(best), worst: await all(worst) };
}
