/**
 * Hand-written prompts: the state words and sentence templates of the CLIP-AC baseline. The released code encodes every
 * state in every sentence and averages.
 */

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
