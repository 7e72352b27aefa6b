import { printable } from "../printable.ts";

/** "2 masks are not binary (first a.png)": how many of them, what is said of them, and where to look; `paths` has one or more. */
export function describeMasks(paths: readonly string[], [is, are]: readonly [string, string], what: string): string {
  const one = paths.length === 1;
  return `${one ? `1 mask ${is}` : `${paths.length} masks ${are}`} ${what} (${one ? "" : "first "}${printable(paths[0]!)})`;
}
