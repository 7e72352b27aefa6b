/**
 * Hand-written prompts, the paper's baselines without learning: `clip` asks with one sentence for each state, `clip-ac`
 * with every state word in every sentence template, whose features are averaged as in the released code.
 */

export const HAND_WRITTEN = ["clip", "clip-ac"] as const;
export type HandWritten = (typeof HAND_WRITTEN)[number];

/** The sentences about an object in its two states; of several, features are averaged. */
export interface StateTexts {
  normal: string[];
  abnormal: string[];
}

/** @param object what is looked at, such as `metal nut` */
export function handWrittenTexts(kind: HandWritten, object: string): StateTexts {
  if (kind === "clip") {
    return { normal: [`A photo of a normal ${object}.`], abnormal: [`A photo of an anomalous ${object}.`] };
  }
  return { normal: ensembleTexts(object, NORMAL_STATES), abnormal: ensembleTexts(object, ABNORMAL_STATES) };
}

/** What is said of a normal object. */
export const NORMAL_STATES: readonly string[] = [
  "{}",
  "flawless {}",
  "perfect {}",
  "unblemished {}",
  "{} without flaw",
  "{} without defect",
  "{} without damage",
];

/** What is said of an abnormal object. */
export const ABNORMAL_STATES: readonly string[] = [
  "damaged {}",
  "broken {}",
  "{} with flaw",
  "{} with defect",
  "{} with damage",
];

const PHOTOS = "bad,good,low resolution,cropped,close-up,bright,dark,blurry,black and white,jpeg corrupted".split(",");
const THINGS = ["large", "small", "cool"];

/** 35 sentences: those of CLIP's ImageNet ensemble that suit a photograph of one thing. */
const SENTENCES: readonly string[] = [
  ...PHOTOS.flatMap((photo) => [`a ${photo} photo of a {}.`, `a ${photo} photo of the {}.`]),
  ...THINGS.flatMap((thing) => [`a photo of a ${thing} {}.`, `a photo of the ${thing} {}.`]),
  ...["a", "the", "my", "one"].map((word) => `a photo of ${word} {}.`),
  ...["there is a", "there is the", "this is a", "this is the", "this is one"].map(
    (start) => `${start} {} in the scene.`,
  ),
];

/** Every sentence about `object` in one state: the texts whose unit features are averaged. */
export function ensembleTexts(object: string, states: readonly string[]): string[] {
  return states.flatMap((state) => SENTENCES.map((sentence) => sentence.replace("{}", state.replace("{}", object))));
}
