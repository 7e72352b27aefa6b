import { describe, expect, test } from "vitest";
import { epochOrder, readBatches, type SampleReader, type TrainingSample } from "./batches.ts";

interface Numbered extends TrainingSample {
  id: number;
}

const sample = (id: number, changes: Partial<Numbered> = {}): Numbered => ({
  id,
  className: "pcb",
  abnormal: false,
  local: true,
  ...changes,
});

/** Two layers of [2, 3], filled with 10 · id + layer, and masks of [2, 2], filled with id % 2. */
const reader: SampleReader<Numbered> = {
  layers: [4, 6],
  rows: 2,
  embedDim: 3,
  imageSize: 2,
  readFeatures: async ({ id }, into) => {
    for (const [i, layer] of into.entries()) layer.fill(10 * id + reader.layers[i]!);
  },
  readMask: async ({ id }, into) => void into.fill(id % 2),
};

async function collect(samples: readonly Numbered[], size: number) {
  const batches = [];
  for await (const feeds of readBatches(samples, size, reader)) {
    batches.push(Object.fromEntries(Object.entries(feeds).map(([name, values]) => [name, [...values].map(Number)])));
  }
  return batches;
}

describe("the order of an epoch", () => {
  const order = (epoch: number, seed = 111) => epochOrder(50, epoch, { shuffle: true, seed });

  test("shows every sample once", () => {
    expect([...order(1)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("is a function of seed and epoch", () => {
    expect(order(3)).toEqual(order(3));
    expect(order(3)).not.toEqual(order(4));
    expect(order(3)).not.toEqual(order(3, 112));
  });

  test("is that of the data where nothing is shuffled", () => {
    for (const epoch of [1, 2]) expect(epochOrder(4, epoch, { shuffle: false, seed: 1 })).toEqual([0, 1, 2, 3]);
  });
});

describe("a batch", () => {
  test("holds features, masks and labels of its pictures in their places", async () => {
    const [batch] = await collect([sample(1, { abnormal: true }), sample(2)], 2);
    expect(batch).toEqual({
      layer4: [...Array(6).fill(14), ...Array(6).fill(24)],
      layer6: [...Array(6).fill(16), ...Array(6).fill(26)],
      masks: [1, 1, 1, 1, 0, 0, 0, 0],
      labels: [1, 0],
      globalWeights: [0.5, 0.5],
      localWeights: [0.5, 0.5],
    });
  });

  test("that is the last and partial gives its pictures the whole weight, and the empty places none", async () => {
    const samples = [1, 2, 3, 4, 5].map((id) => sample(id, { abnormal: id > 2 }));
    const batches = await collect(samples, 4);
    expect(batches.map(({ globalWeights }) => globalWeights)).toEqual([
      [0.25, 0.25, 0.25, 0.25],
      [1, 0, 0, 0],
    ]);
    expect(batches[1]).toMatchObject({ labels: [1, 0, 0, 0], localWeights: [1, 0, 0, 0] });
    expect(batches[1]!.layer4!.slice(0, 6)).toEqual(Array(6).fill(54));
  });

  test("counts an abnormal picture without a mask in the global loss alone", async () => {
    const [batch] = await collect([sample(1, { abnormal: true, local: false }), sample(2)], 2);
    expect(batch).toMatchObject({ globalWeights: [0.5, 0.5], localWeights: [0, 0.5] });
  });

  test("stays as it is while the next one is read", async () => {
    let read = 0;
    const counting: typeof reader = {
      ...reader,
      readFeatures: (...given) => {
        read++;
        return reader.readFeatures(...given);
      },
    };
    const batches = readBatches(
      [1, 2, 3].map((id) => sample(id)),
      1,
      counting,
    );
    for (const id of [1, 2, 3]) {
      const { layer4 } = (await batches.next()).value!;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect([read, layer4![0]]).toEqual([Math.min(id + 1, 3), 10 * id + 4]);
    }
  });

  test("is fed what else belongs to the classes of its pictures, without those of empty places", async () => {
    const shown: (readonly string[])[] = [];
    const further = (classNames: readonly string[]) => {
      shown.push(classNames);
      return { words: Float32Array.of(classNames.length) };
    };
    const samples = ["pcb", "nut", "pcb"].map((className, id) => sample(id, { className }));
    const words = [];
    for await (const feeds of readBatches(samples, 2, reader, further)) words.push([...feeds.words!]);
    expect(shown).toEqual([["pcb", "nut"], ["pcb"]]);
    expect(words).toEqual([[2], [1]]);
  });
});

describe("a picture that cannot be read", () => {
  const failing: SampleReader<Numbered> = {
    ...reader,
    readFeatures: async ({ id }) => {
      if (id === 2) throw new Error("gone");
    },
  };
  const three = [1, 2, 3].map((id) => sample(id));

  test("ends the batches when its turn comes", async () => {
    const batches = readBatches(three, 1, failing);
    expect((await batches.next()).done).toBe(false);
    await expect(batches.next()).rejects.toThrow("gone");
  });

  test("harms nobody who stops before", async () => {
    let seen = 0;
    for await (const _ of readBatches(three, 1, failing)) {
      seen++;
      break;
    }
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(seen).toBe(1);
  });
});
