/** What a check finds, in words. */

import { AnomalyClipError } from "../../errors.ts";
import type { Sample } from "../sample.ts";
import type { MaskContent } from "./inspect-mask.ts";
import type { PictureSize } from "./picture-size.ts";
import type { UnusedFiles } from "./unused-files.ts";

export interface Finding {
  kind: FindingKind;
  /** Files, or 1 for a finding about the whole set. */
  count: number;
  /** As in `3 masks belong to no picture`. */
  text: string;
  /** The first few files, or what is wrong with them. */
  examples: string[];
}

/** The findings about files: what one of them is, and several. */
const WORDS = {
  "damaged-picture": ["damaged picture", "damaged pictures"],
  "damaged-mask": ["damaged mask", "damaged masks"],
  "without-mask": ["abnormal picture has no mask", "abnormal pictures have no mask"],
  "mask-without-picture": ["mask belongs to no picture", "masks belong to no picture"],
  "empty-mask": ["mask of an abnormal picture is all 0", "masks of abnormal pictures are all 0"],
  "size-differs": ["mask is not of its picture's size", "masks are not of their pictures' sizes"],
  contradiction: [
    "picture is there both as normal and as abnormal",
    "pictures are there both as normal and as abnormal",
  ],
  "many-valued-mask": [
    "mask has several values above 0, which all count as anomalous",
    "masks have several values above 0, which all count as anomalous",
  ],
  copy: ["picture is an exact copy of another", "pictures are exact copies of others"],
  "not-in-set": [
    "other picture in the folder is no part of the set",
    "other pictures in the folder are no part of the set",
  ],
} as const;

export type FindingKind = "incomplete" | "counts-differ" | keyof typeof WORDS;

/** What files turned out to be, by their paths; an error stands for a damaged one. */
export type Seen<Content> = ReadonlyMap<string, Content | AnomalyClipError>;

/** What was looked at. */
export interface Inspection {
  samples: readonly Sample[];
  /** With the hash of its bytes, where pictures were read whole. */
  pictures: Seen<PictureSize & { hash?: string }>;
  masks: Seen<MaskContent>;
  unused: UnusedFiles;
}

const EXAMPLES = 5;

/** Findings that keep a set from being whole and sound. */
export function findProblems({ samples, pictures, masks, unused }: Inspection): Finding[] {
  return [
    ...found("damaged-picture", damaged(pictures)),
    ...found("damaged-mask", damaged(masks)),
    ...found("without-mask", unmasked(samples)),
    ...found("mask-without-picture", unused.masks),
    ...found(
      "empty-mask",
      pathsWhere(masks, ({ marked }) => !marked),
    ),
    ...found("size-differs", differentSizes(samples, pictures, masks)),
    ...found("contradiction", contradictions(samples, copiesAmong(pictures))),
  ];
}

/** Findings that are worth knowing and no fault. */
export function findNotes({ pictures, masks, unused }: Inspection): Finding[] {
  const copies = copiesAmong(pictures).flatMap(([first, ...others]) => others.map((path) => `${path} = ${first}`));
  return [
    ...found(
      "many-valued-mask",
      pathsWhere(masks, ({ manyValued }) => manyValued),
    ),
    ...found("copy", copies),
    ...found("not-in-set", unused.pictures),
  ];
}

/** Findings about the whole set. */
export function tellOfSet(kind: "incomplete" | "counts-differ", texts: readonly string[]): Finding[] {
  return texts.map((text) => ({ kind, count: 1, text, examples: [] }));
}

// --- internal ---

function found(kind: keyof typeof WORDS, files: readonly string[]): Finding[] {
  if (files.length === 0) return [];
  const text = `${files.length} ${WORDS[kind][files.length === 1 ? 0 : 1]}`;
  return [{ kind, count: files.length, text, examples: files.slice(0, EXAMPLES) }];
}

function sound<Content>(seen: Seen<Content>): [path: string, content: Content][] {
  return [...seen].filter((entry): entry is [string, Content] => !(entry[1] instanceof AnomalyClipError));
}

function pathsWhere<Content>(seen: Seen<Content>, holds: (content: Content) => boolean): string[] {
  return sound(seen).flatMap(([path, content]) => (holds(content) ? [path] : []));
}

/** The messages of errors, which begin with the file. */
function damaged(seen: Seen<unknown>): string[] {
  return [...seen.values()].flatMap((content) => (content instanceof AnomalyClipError ? [content.message] : []));
}

/** Empty where no picture has a mask: then the set has none. */
function unmasked(samples: readonly Sample[]): string[] {
  const abnormal = samples.filter((sample) => sample.abnormal);
  const without = abnormal.filter((sample) => sample.mask === null);
  return without.length === abnormal.length ? [] : without.map((sample) => sample.image);
}

function differentSizes(samples: readonly Sample[], pictures: Seen<PictureSize>, masks: Seen<PictureSize>): string[] {
  const [sizes, maskSizes] = [new Map(sound(pictures)), new Map(sound(masks))];
  return samples.flatMap(({ image, mask }) => {
    const [picture, content] = [sizes.get(image), maskSizes.get(mask ?? "")];
    if (!picture || !content) return [];
    const [wanted, actual] = [picture, content].map(({ width, height }) => `${width} x ${height}`);
    return wanted === actual ? [] : [`${mask}: ${actual}, the picture is ${wanted}`];
  });
}

/** Pictures of the same bytes, together. */
function copiesAmong(pictures: Inspection["pictures"]): string[][] {
  const groups = new Map<string, string[]>();
  for (const [path, { hash }] of sound(pictures)) {
    if (hash === undefined) continue;
    const group = groups.get(hash);
    if (group) group.push(path);
    else groups.set(hash, [path]);
  }
  return [...groups.values()].filter((paths) => paths.length > 1);
}

function contradictions(samples: readonly Sample[], copies: readonly string[][]): string[] {
  const labels = new Map(samples.map((sample) => [sample.image, sample.abnormal]));
  return copies.flatMap(([first, ...others]) => {
    const other = others.find((path) => labels.get(path) !== labels.get(first!));
    return other === undefined ? [] : [`${other} = ${first}`];
  });
}
