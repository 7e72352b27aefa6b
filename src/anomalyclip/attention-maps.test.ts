import { beforeAll, describe, expect, test } from "vitest";
import { compare, expectedTensor, referencePath } from "../../test/reference/reference.ts";
import { frozenParameters, type Parameters } from "../clip/parameters.ts";
import { embedImages } from "../clip/vision.ts";
import { constant, integers, type Tensor } from "../graph/tensor.ts";
import { evaluate } from "../runtime/session.ts";
import { type ClipWeights, openClip } from "../weights/clip-weights.ts";
import { attentionMaps, COMPARISONS, type Comparison } from "./attention-maps.ts";

/** Rows of a matrix. */
type Rows = number[][];

const BLOCKS = [2, 6];
const ASKING = [17, 0, 144];

let clip: ClipWeights;
let parameters: Parameters;
let image: Tensor;
let found: Record<string, Float32Array>;
let tokens: number;

beforeAll(async () => {
  clip = await openClip(referencePath("clip.safetensors"));
  parameters = await frozenParameters(clip);
  const { values, shape } = await expectedTensor("encode/images");
  image = constant(values.slice(0, values.length / shape[0]!), [1, ...shape.slice(1)]);
  const maps = attentionMaps(parameters, clip.config, image, BLOCKS, integers(ASKING));
  tokens = maps[0]!["q-k"].shape[1]!;
  found = await evaluate(
    Object.fromEntries(maps.flatMap((map, i) => COMPARISONS.map((kind) => [`${BLOCKS[i]} ${kind}`, map[kind]]))),
  );
});

describe("attention maps", () => {
  test("are those that the formulas give, computed plainly", async () => {
    const { embedded } = await evaluate({ embedded: embedImages(parameters, clip.config, image) });
    let x = toRows(embedded!, clip.config.vision.width);
    for (let number = 1; number <= Math.max(...BLOCKS); number++) {
      const { queries, keys, values, next } = await plainBlock(x, number);
      const pairs: Record<Comparison, [Rows, Rows]> = {
        "q-k": [queries, keys],
        "q-q": [queries, queries],
        "k-k": [keys, keys],
        "v-v": [values, values],
      };
      for (const kind of BLOCKS.includes(number) ? COMPARISONS : []) {
        const wanted = Float32Array.from(
          ASKING.flatMap((token) => {
            const heads = plainAttention(pairs[kind][0][token]!, pairs[kind][1]);
            return heads[0]!.map((_, i) => heads.reduce((sum, row) => sum + row[i]!, 0) / heads.length);
          }),
        );
        expect(compare(found[`${number} ${kind}`]!, wanted).difference, `${number} ${kind}`).toBeLessThan(1e-5);
      }
      x = next;
    }
  });

  test("have rows that sum to 1, the class token included", () => {
    expect(tokens).toBe(1 + 12 * 12);
    for (const [name, values] of Object.entries(found)) {
      for (const row of toRows(values, tokens)) {
        expect(
          row.reduce((sum, share) => sum + share, 0),
          name,
        ).toBeCloseTo(1, 5);
      }
    }
  });

  test("of V-V are more prominent on the diagonal than those of Q-K", () => {
    const ownShare = (kind: Comparison) => toRows(found[`6 ${kind}`]!, tokens).map((row, i) => row[ASKING[i]!]!);
    ownShare("v-v").forEach((share, i) => {
      expect(share).toBeGreaterThan(2 * ownShare("q-k")[i]!);
    });
  });
});

// --- the original path without a graph ---

function toRows(values: Float32Array, width: number): Rows {
  return Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

async function plainBlock(x: Rows, number: number) {
  const read = (name: string) => clip.read(`vision.blocks.${number - 1}.${name}`);
  const linear = async (name: string, rows: Rows): Promise<Rows> => {
    const [weight, bias] = [toRows(await read(`${name}.weight`), rows[0]!.length), await read(`${name}.bias`)];
    return rows.map((row) => weight.map((column, i) => dot(row, column) + bias[i]!));
  };
  const norm = async (name: string, rows: Rows): Promise<Rows> => {
    const [scale, bias] = [await read(`${name}.weight`), await read(`${name}.bias`)];
    return rows.map((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      const deviation = Math.sqrt(variance + clip.config.layerNormEps);
      return row.map((value, i) => ((value - mean) / deviation) * scale[i]! + bias[i]!);
    });
  };
  const normalized = await norm("norm1", x);
  const [queries, keys, values] = [
    await linear("query", normalized),
    await linear("key", normalized),
    await linear("value", normalized),
  ];
  const attended = queries.map((query) => {
    const shares = plainAttention(query, keys);
    const headWidth = query.length / shares.length;
    return query.map((_, i) => {
      const ofHead = shares[Math.floor(i / headWidth)]!;
      return values.reduce((sum, value, token) => sum + ofHead[token]! * value[i]!, 0);
    });
  });
  const between = plus(x, await linear("out", attended));
  const hidden = (await linear("fc1", await norm("norm2", between))).map((row) =>
    row.map((value) => value / (1 + Math.exp(-1.702 * value))),
  );
  return { queries, keys, values, next: plus(between, await linear("fc2", hidden)) };
}

/** The attention of one token to all, for each head. */
function plainAttention(asking: readonly number[], asked: Rows): number[][] {
  const { heads } = clip.config.vision;
  const headWidth = asking.length / heads;
  return Array.from({ length: heads }, (_, head) => {
    const part = (row: readonly number[]) => row.slice(head * headWidth, (head + 1) * headWidth);
    const scores = asked.map((row) => Math.exp(dot(part(asking), part(row)) / Math.sqrt(headWidth)));
    const total = scores.reduce((sum, score) => sum + score, 0);
    return scores.map((score) => score / total);
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function plus(a: Rows, b: Rows): Rows {
  return a.map((row, i) => row.map((value, j) => value + b[i]![j]!));
}
