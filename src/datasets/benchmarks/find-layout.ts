/** Finds out in which layout a benchmark lies in a folder, and where in it. */

import type { Benchmark, Layout, Place } from "./benchmark.ts";
import { type CaptureName, type Captures, capturesOf, compilePattern } from "./path-pattern.ts";

/** A file that matches a path pattern of a layout. */
export interface MatchedFile {
  /** Relative to the folder that was searched, with forward slashes. */
  path: string;
  stem: string;
  captures: Captures;
}

/** A benchmark found. */
export interface FoundLayout {
  layout: Layout;
  /** The folder that holds it, relative to the one that was searched; empty for that itself. */
  base: string;
  pictures: (MatchedFile & { place: Place })[];
  /** With the names that say which picture a mask belongs to. */
  masks: (MatchedFile & { key: readonly CaptureName[] })[];
}

/** How many folders deep archives, and folders made for them, hide a benchmark. */
const MAX_DEPTH = 3;

/**
 * The layout of a benchmark among picture files, the first in its list that any file is of. Where it lies in several
 * folders, the one with a known name is taken, else the one that is least deep.
 *
 * @param paths relative to the searched folder, with forward slashes.
 * @returns null where no file is of any layout; the folders where several are equally good.
 */
export function findLayout(benchmark: Benchmark, paths: readonly string[]): FoundLayout | string[] | null {
  const files = paths.map((path) => ({ path, segments: path.split("/") }));
  for (const layout of benchmark.layouts) {
    const places = layout.pictures.map((place) => ({ place, match: patternOf(benchmark, place.path) }));
    const bases = new Set<string>();
    for (const { segments } of files) {
      for (let depth = 0; depth <= MAX_DEPTH && depth < segments.length; depth++) {
        const rest = segments.slice(depth);
        if (places.some(({ match }) => match(rest))) bases.add(segments.slice(0, depth).join("/"));
      }
    }
    const [best, ...rivals] = bestOf(benchmark, [...bases]);
    if (best === undefined) continue;
    if (rivals.length > 0) return [best, ...rivals];
    const inside = files
      .filter(({ path }) => best === "" || path.startsWith(`${best}/`))
      .map(({ path, segments }) => ({ path, segments: segments.slice(best === "" ? 0 : best.split("/").length) }));
    const pictures = inside.flatMap(({ path, segments }) => {
      for (const { place, match } of places) {
        const captures = match(segments);
        if (captures) return [{ path, stem: stemOf(path), captures, place }];
      }
      return [];
    });
    return { layout, base: best, pictures, masks: matchMasks(benchmark, layout, inside) };
  }
  return null;
}

// --- internal ---

function matchMasks(
  benchmark: Benchmark,
  layout: Layout,
  files: readonly { path: string; segments: string[] }[],
): FoundLayout["masks"] {
  const patterns = layout.masks.map((pattern) => ({ key: capturesOf(pattern), match: patternOf(benchmark, pattern) }));
  return files.flatMap(({ path, segments }) => {
    for (const { key, match } of patterns) {
      const captures = match(segments);
      if (captures) return [{ path, stem: stemOf(path), captures, key }];
    }
    return [];
  });
}

function patternOf(benchmark: Benchmark, pattern: string) {
  const names = new Map(benchmark.classes.map((name) => [name.toLowerCase(), name]));
  return compilePattern(pattern, (name) => names.get(name.toLowerCase()) ?? null);
}

/** The folders of the least rank; several where nothing tells them apart. */
function bestOf(benchmark: Benchmark, bases: readonly string[]): string[] {
  const known = benchmark.folders.map((folder) => folder.toLowerCase());
  const rankOf = (base: string): number => {
    const segments = base === "" ? [] : base.split("/");
    const index = known.indexOf(segments.at(-1)?.toLowerCase() ?? "");
    // Any known name goes before depth, which is at most 3.
    return (index < 0 ? known.length : index) * (MAX_DEPTH + 1) + segments.length;
  };
  const least = Math.min(...bases.map(rankOf));
  return bases.filter((base) => rankOf(base) === least);
}

function stemOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.slice(0, file.lastIndexOf("."));
}
