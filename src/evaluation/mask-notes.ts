/** What is said of masks, and of what belongs to them, that may not be what it should. */

import type { GrayImage } from "../image/image.ts";
import { printable } from "../printable.ts";

/** "2 masks are not binary (first a.png)": how many of them, what is said of them, and where to look; `paths` has one or more. */
export function describeMasks(paths: readonly string[], verbs: readonly [string, string], what: string): string {
  return describeThings("mask", paths, verbs, what);
}

/** The same of other things that have paths. */
export function describeThings(
  thing: string,
  paths: readonly string[],
  [is, are]: readonly [string, string],
  what: string,
): string {
  const one = paths.length === 1;
  const how = `${one ? `1 ${thing} ${is}` : `${paths.length} ${thing}s ${are}`} ${what}`;
  return `${how} (${one ? "" : "first "}${printable(paths[0]!)})`;
}

/** Whether a mask has several levels above 0, which are all taken for anomalous above one limit. */
export function isManyValued({ data }: GrayImage): boolean {
  const highest = data.reduce((most, value) => Math.max(most, value), 0);
  return data.some((value) => value !== 0 && value !== highest);
}
