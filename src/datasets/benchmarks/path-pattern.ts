/** Path patterns: what the folders on the way to a file say about it. */

/** The names that a pattern may give to a folder. */
export type CaptureName = "class" | "split" | "specie" | "part";

/** What the folders of a path were called. Classes are given their proper names, splits are in lower case. */
export type Captures = Partial<Record<CaptureName, string>>;

/** Matches the folders and the name of a file; null when they are not of the pattern. */
export type PathPattern = (segments: readonly string[]) => Captures | null;

/**
 * Compiles a pattern such as `{class}/{split}/{specie}/*`, with one segment for each folder and one for the file.
 *
 * In a segment `*` stands for any characters, `a|b` for either; case does not matter. `{class}` is one of the classes,
 * `{split}` is train or test, `{specie}` and `{part}` are any name, `{specie=yes|no}` one of these. Text may stand beside
 * braces: `{class}_def`.
 *
 * @param classOf the proper name of the class that a folder is named after, or null.
 */
export function compilePattern(pattern: string, classOf: (name: string) => string | null): PathPattern {
  const matchers = pattern.split("/").map(compileSegment);
  return (segments) => {
    if (segments.length !== matchers.length) return null;
    const captures: Captures = {};
    for (const [index, matcher] of matchers.entries()) {
      const found = matcher.exec(segments[index]!);
      if (!found) return null;
      for (const [name, value] of Object.entries(found.groups ?? {})) captures[name as CaptureName] = value;
    }
    if (captures.split !== undefined) captures.split = captures.split.toLowerCase();
    if (captures.class === undefined) return captures;
    const className = classOf(captures.class);
    return className === null ? null : { ...captures, class: className };
  };
}

/** The names that a pattern gives, in its order. */
export function capturesOf(pattern: string): CaptureName[] {
  return [...pattern.matchAll(/\{(\w+)/g)].map((match) => match[1] as CaptureName);
}

// --- internal ---

function compileSegment(segment: string): RegExp {
  const source = segment.replace(
    /\{(\w+)(?:=([^}]*))?\}|([^{}]+)/g,
    (_, name?: string, names?: string, text?: string) => {
      if (name === undefined) return alternatives(text!);
      return `(?<${name}>${names === undefined ? (name === "split" ? "train|test" : ".+") : alternatives(names)})`;
    },
  );
  return new RegExp(`^${source}$`, "iu");
}

function alternatives(globs: string): string {
  const sources = globs.split("|").map((glob) => glob.split("*").map(escapeText).join(".*"));
  return sources.length === 1 ? sources[0]! : `(?:${sources.join("|")})`;
}

function escapeText(text: string): string {
  return text.replace(/[.+?^${}()[\]\\]/g, "\\$&");
}
