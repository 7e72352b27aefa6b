/** The pictures of a data set as points: scores, places along the axis of the prompts, principal components. */

import { readTemplates } from "../anomalyclip/prompt-templates.ts";
import { abnormalProbability, logits } from "../anomalyclip/similarity.ts";
import type { TextFeatures } from "../anomalyclip/text-features.ts";
import { constant, input } from "../graph/tensor.ts";
import { evaluate } from "../runtime/session.ts";
import { objectName } from "../training/prompt-side.ts";
import type { EncodedPicture } from "./encode-pictures.ts";
import { modalityCosine, type Point, projectRest, projectToPlane } from "./feature-projection.ts";
import { type OpenedModel, requireFinite } from "./open-model.ts";
import { learnedVariant, type PromptVariants } from "./prompt-variants.ts";

/** A picture as a point. */
export interface PicturePoint extends Pick<EncodedPicture, "sample"> {
  /** P(abnormal | image) under the learned prompts. */
  score: number;
  /** Cosine with the abnormal text minus cosine with the normal one: the score is a sigmoid of it. */
  margin: number;
  /** First principal component of what that axis leaves. */
  rest: number;
  /** First two principal components. */
  plane: Point;
}

/** The two texts of a prompt in the plane of the principal components. */
export interface PairInPlane {
  name: string;
  normal: Point;
  abnormal: Point;
}

export interface DatasetMeasurements {
  points: PicturePoint[];
  pairs: PairInPlane[];
  /** Share of the pictures' variance along each of the two components. */
  explained: Point;
  /** Cosine between the mean of the pictures and the mean of the texts. */
  modalityCosine: number;
}

/**
 * @param object what the pictures show. Default: their class, where the learned prompts name what they look at
 * @throws AnomalyClipError E_PROMPTS when the model does not know a word of a class's name
 */
export async function measureDataset(
  model: OpenedModel,
  pictures: readonly EncodedPicture[],
  { learned, others }: PromptVariants,
  object: string | undefined,
): Promise<DatasetMeasurements> {
  const byClass = new Map<string, TextFeatures>();
  if (object === undefined && readTemplates(model.learned.metadata).object === null) {
    for (const className of new Set(pictures.map(({ sample }) => sample.className))) {
      const { texts } = await learnedVariant(model.clip, model.learned, objectName(className));
      byClass.set(className, texts.image);
    }
  }
  const textsOf = ({ sample }: EncodedPicture) => byClass.get(sample.className) ?? learned.texts.image;
  const { scores, margins } = await scorePictures(model, pictures, textsOf);
  requireFinite(model, margins);

  const images = pictures.map(({ feature }) => feature);
  const named = [
    ...(byClass.size === 0 ? [["learned", learned.texts.image] as const] : byClass),
    ...others.map(({ name, texts }) => [name, texts.image] as const),
  ];
  const texts = named.map(([, pair]) => pair);
  const plane = projectToPlane(images, texts);
  const rest = projectRest(images, (i) => textsOf(pictures[i]!));
  return {
    points: pictures.map(({ sample }, i) => ({
      sample,
      score: scores[i]!,
      margin: margins[i]!,
      rest: rest[i]!,
      plane: plane.images[i]!,
    })),
    pairs: named.map(([name], i) => ({ name, ...plane.pairs[i]! })),
    explained: plane.explained,
    modalityCosine: modalityCosine(images, texts),
  };
}

// --- internal ---

async function scorePictures(
  { clip, settings: { temperature } }: OpenedModel,
  pictures: readonly EncodedPicture[],
  textsOf: (picture: EncodedPicture) => TextFeatures,
): Promise<{ scores: Float32Array; margins: number[] }> {
  const { embedDim } = clip.config;
  const features = new Float32Array(pictures.length * embedDim);
  const texts = new Float32Array(pictures.length * 2 * embedDim);
  for (const [i, picture] of pictures.entries()) {
    const { normal, abnormal } = textsOf(picture);
    features.set(picture.feature, i * embedDim);
    texts.set(normal, 2 * i * embedDim);
    texts.set(abnormal, (2 * i + 1) * embedDim);
  }
  const pairs = constant(texts, [pictures.length, 2, embedDim]);
  const twoLogits = logits(input("features", [pictures.length, embedDim]), pairs, temperature);
  const results = await evaluate({ twoLogits, scores: abnormalProbability(twoLogits) }, { features });
  const both = results.twoLogits!;
  const margins = pictures.map((_, i) => (both[2 * i + 1]! - both[2 * i]!) * temperature);
  return { scores: results.scores!, margins };
}
