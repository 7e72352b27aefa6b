/** Features of pictures and prompts in two dimensions. */

import { Matrix, SVD } from "ml-matrix";

/** The two texts of a prompt, unit vectors [embed]. */
export interface TextPair {
  normal: Float32Array;
  abnormal: Float32Array;
}

export type Point = readonly [x: number, y: number];

/** First two principal components of the pictures, and the prompts among them. */
export interface PlaneProjection {
  images: Point[];
  /** Each pair about its own middle: what is left of it once the gap between pictures and texts is taken away. */
  pairs: { normal: Point; abnormal: Point }[];
  /** Share of the pictures' variance along each axis, 0..1. */
  explained: Point;
}

/**
 * Principal components of the pictures, each modality about its own mean: in CLIP's space pictures and texts lie in
 * separate cones (Liang et al., "Mind the Gap", 2022), and without centring the gap would be all that one sees. Axes are
 * turned so that the abnormal text of the first pair lies to the right and above the normal one.
 *
 * @param images [pictures][embed], of unit length, finite
 */
export function projectToPlane(images: readonly Float32Array[], pairs: readonly TextPair[]): PlaneProjection {
  const { centred, axes, explained } = principalAxes(images, 2);
  const halves = pairs.map(({ normal, abnormal }) => abnormal.map((value, i) => (value - normal[i]!) / 2));
  const turned = axes.map((axis) => (halves[0] && dot(halves[0], axis) < 0 ? axis.map((value) => -value) : axis));
  const toPlane = (vector: ArrayLike<number>): Point => [dot(vector, turned[0]!), dot(vector, turned[1]!)];
  return {
    images: centred.map(toPlane),
    pairs: halves.map((half) => {
      const [x, y] = toPlane(half);
      return { normal: [-x, -y], abnormal: [x, y] };
    }),
    explained: [explained[0]!, explained[1]!],
  };
}

/**
 * For each picture, its place along the first principal component of what is left of the features without their part along
 * the axis from the normal to the abnormal text.
 *
 * @param pairOf the texts that picture i is compared with
 */
export function projectRest(images: readonly Float32Array[], pairOf: (index: number) => TextPair): number[] {
  const rests = images.map((image, i) => {
    const { normal, abnormal } = pairOf(i);
    const axis = abnormal.map((value, k) => value - normal[k]!);
    const length = dot(axis, axis);
    const share = length > 0 ? dot(image, axis) / length : 0;
    return image.map((value, k) => value - share * axis[k]!);
  });
  const { centred, axes } = principalAxes(rests, 1);
  return centred.map((rest) => dot(rest, axes[0]!));
}

/** The cosine between the mean of the pictures and the mean of the texts: 1 would mean that there is no gap. */
export function modalityCosine(images: readonly Float32Array[], pairs: readonly TextPair[]): number {
  const [image, text] = [meanOf(images), meanOf(pairs.flatMap(({ normal, abnormal }) => [normal, abnormal]))];
  return dot(image, text) / Math.sqrt(dot(image, image) * dot(text, text));
}

// --- internal ---

/** Vectors about their mean, the unit vectors along which they vary most, and the share of the variance along each. */
function principalAxes(vectors: readonly Float32Array[], count: number) {
  const mean = meanOf(vectors);
  const centred = vectors.map((vector) => Array.from(vector, (value, i) => value - mean[i]!));
  const { rightSingularVectors, diagonal } = new SVD(new Matrix(centred), {
    computeLeftSingularVectors: false,
    autoTranspose: true,
  });
  const total = dot(diagonal, diagonal);
  const axes = Array.from({ length: count }, (_, i) =>
    // Fewer pictures than axes vary along none of the rest.
    i < rightSingularVectors.columns ? rightSingularVectors.getColumn(i) : mean.map(() => 0),
  );
  const explained = axes.map((_, i) => (total > 0 ? (diagonal[i] ?? 0) ** 2 / total : 0));
  return { centred, axes, explained };
}

function meanOf(vectors: readonly Float32Array[]): number[] {
  return Array.from(vectors[0]!, (_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
