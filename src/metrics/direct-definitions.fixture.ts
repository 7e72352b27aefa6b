/** The metrics of pixels straight from their definitions, one threshold at a time; slow, and nothing shared with `src`. */

import fc from "fast-check";

export interface Picture {
  map: Float32Array;
  mask: Uint8Array;
  width: number;
  height: number;
}

/** What is at or above a threshold. */
interface Point {
  threshold: number;
  falsePositiveRate: number;
  /** Mean over the regions of the share that is found. */
  overlap: number;
}

/** The pixels of each region (8-connectivity) of a mask, by flood fill. */
export function regionsOf({ mask, width, height }: Picture): number[][] {
  const left = new Set([...mask.keys()].filter((i) => mask[i] === 1));
  const regions: number[][] = [];
  for (const start of left) {
    const region = [start];
    left.delete(start);
    for (const pixel of region) {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      for (const [dx, dy] of NEIGHBOURS) {
        const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
        const neighbour = (y + dy) * width + x + dx;
        if (inside && left.delete(neighbour)) region.push(neighbour);
      }
    }
    regions.push(region);
  }
  return regions;
}

/** The point of one rule, over all pictures. */
function measure(pictures: readonly Picture[], threshold: number, found: (score: number) => boolean): Point {
  let [normal, falsePositives] = [0, 0];
  const shares: number[] = [];
  for (const picture of pictures) {
    for (const [i, score] of picture.map.entries()) {
      if (picture.mask[i] === 1) continue;
      normal++;
      if (found(score)) falsePositives++;
    }
    for (const region of regionsOf(picture)) {
      shares.push(region.filter((i) => found(picture.map[i]!)).length / region.length);
    }
  }
  const overlap = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return { threshold, falsePositiveRate: falsePositives / normal, overlap };
}

/** Every distinct score as a threshold, from the highest, after a point where nothing is found. */
export function overlapPoints(pictures: readonly Picture[]): Point[] {
  const scores = [...new Set(pictures.flatMap(({ map }) => [...map]))].sort((a, b) => b - a);
  const points = scores.map((threshold) => measure(pictures, threshold, (score) => score >= threshold));
  return [{ threshold: Infinity, falsePositiveRate: 0, overlap: 0 }, ...points];
}

/** The area below the straight lines through all points up to the limit, over the limit. */
export function directAupro(pictures: readonly Picture[], limit = 0.3): number {
  const points = overlapPoints(pictures);
  let area = 0;
  for (const [i, { falsePositiveRate: x, overlap: y }] of points.slice(1).entries()) {
    const { falsePositiveRate: x0, overlap: y0 } = points[i]!;
    if (x0 >= limit || x === x0) continue;
    const end = Math.min(x, limit);
    const yEnd = y0 + ((y - y0) * (end - x0)) / (x - x0);
    area += ((end - x0) * (y0 + yEnd)) / 2;
  }
  return area / limit;
}

/** The released `cal_pro_score` as it stands, in NumPy 1 (float64 thresholds, rounded for the comparison); null where it fails. */
export function directAupro200(pictures: readonly Picture[]): number | null {
  const scores = pictures.flatMap(({ map }) => [...map]);
  const min = scores.reduce((a, b) => Math.min(a, b));
  const max = scores.reduce((a, b) => Math.max(a, b));
  const delta = Math.fround(max - min) / 200;
  if (delta === 0) return null;
  const points: Point[] = [];
  const step = min + delta - min;
  for (let i = 0; i < Math.ceil(Math.fround(max - min) / delta); i++) {
    const threshold = Math.fround(min + i * step);
    points.push(measure(pictures, threshold, (score) => score > threshold));
  }
  const kept = points.filter((point) => point.falsePositiveRate < 0.3);
  const rates = kept.map((point) => point.falsePositiveRate);
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  if (kept.length < 2 || low === high || Number.isNaN(kept[0]!.overlap)) return null;
  let area = 0;
  for (let i = 1; i < kept.length; i++) {
    area += (((rates[i - 1]! - rates[i]!) / (high - low)) * (kept[i - 1]!.overlap + kept[i]!.overlap)) / 2;
  }
  return area;
}

/** Scores and labels of all pixels. */
export function flatten(pictures: readonly Picture[]): { scores: Float32Array; labels: Uint8Array } {
  return {
    scores: Float32Array.from(pictures.flatMap(({ map }) => [...map])),
    labels: Uint8Array.from(pictures.flatMap(({ mask }) => [...mask])),
  };
}

/** One to four pictures of different sizes, with few distinct scores (many ties) or many, and masks of any share. */
export const somePictures: fc.Arbitrary<Picture[]> = fc
  .record({
    levels: fc.constantFrom(3, 9, 1000),
    scale: fc.constantFrom(1, -1, 1e-3, 1e30),
    sizes: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .chain(({ levels, scale, sizes }) =>
    fc.tuple(
      ...sizes.map(([width, height]) => {
        const all = { minLength: width * height, maxLength: width * height };
        const scores = fc.array(fc.integer({ min: -1, max: levels }), all);
        const mask = fc.integer({ min: 0, max: 3 }).chain((rare) => fc.array(fc.integer({ min: 0, max: rare }), all));
        return fc.tuple(scores, mask).map(([values, classes]) => ({
          map: Float32Array.from(values, (value) => (value * scale) / 7),
          mask: Uint8Array.from(classes, (one) => (one === 1 ? 1 : 0)),
          width,
          height,
        }));
      }),
    ),
  );

/** As {@link somePictures}, with a pixel of each class at least. */
export const bothClasses = somePictures.filter((pictures) => {
  const { labels } = flatten(pictures);
  return labels.includes(0) && labels.includes(1);
});

const NEIGHBOURS = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const));
