/** Which pictures have been looked at, and how old they were then: a camera may use one name for all its pictures. */

import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onDisk } from "../results/results-folder.ts";

/** In the results folder; a line `["<image>", <modified>]` for every picture with a result. */
const FILE = "watched.jsonl";

/** Times of modification, milliseconds since 1970, by picture. */
export class LookedAt {
  private constructor(
    private readonly modified: Map<string, number>,
    private readonly folder: string,
    private readonly file: FileHandle | null,
  ) {}

  /** Remembers for as long as the program runs. */
  static inMemory(): LookedAt {
    return new LookedAt(new Map(), "", null);
  }

  /**
   * Goes on with what is remembered in a results folder. A picture that has a result and is not remembered, because the
   * program ended in between or something else made the result, counts as looked at when results were last written.
   *
   * @param images that have a result
   * @param written when results were last written, milliseconds since 1970
   * @throws AnomalyClipError E_CONFIG where the folder cannot be read or written
   */
  static open(folder: string, images: ReadonlySet<string>, written: number): Promise<LookedAt> {
    const path = join(folder, FILE);
    return onDisk(folder, "write to", async () => {
      const modified = new Map<string, number>();
      for (const image of images) modified.set(image, written);
      for await (const [image, time] of readEntries(path)) if (images.has(image)) modified.set(image, time);
      // Anew: a torn line goes, and so do all but the last of a picture that was looked at often.
      await writeFile(`${path}.new`, linesOf(modified));
      await rename(`${path}.new`, path);
      return new LookedAt(modified, folder, await open(path, "a"));
    });
  }

  has(image: string): boolean {
    return this.modified.has(image);
  }

  /** Whether a picture has been looked at and is no newer since. */
  isDone(image: string, modified: number): boolean {
    const before = this.modified.get(image);
    return before !== undefined && modified <= before;
  }

  /** Remembers a picture for as long as the program runs. */
  remember(image: string, modified: number): void {
    this.modified.set(image, modified);
  }

  /**
   * Remembers a picture for the runs to come too.
   *
   * @throws AnomalyClipError E_CONFIG where the folder cannot be written
   */
  async keep(image: string, modified: number): Promise<void> {
    this.remember(image, modified);
    await onDisk(this.folder, "write to", async () => this.file?.appendFile(lineOf(image, modified)));
  }

  async close(): Promise<void> {
    await this.file?.close();
  }
}

// --- internal ---

function lineOf(image: string, modified: number): string {
  return `${JSON.stringify([image, modified])}\n`;
}

function* linesOf(modified: ReadonlyMap<string, number>): Generator<string> {
  for (const [image, time] of modified) yield lineOf(image, time);
}

async function* readEntries(path: string): AsyncGenerator<[image: string, modified: number]> {
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      const entry = parseEntry(line);
      if (entry) yield entry;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Null for a line that is torn. */
function parseEntry(line: string): [string, number] | null {
  try {
    const [image, modified] = JSON.parse(line) as unknown[];
    return typeof image === "string" && typeof modified === "number" ? [image, modified] : null;
  } catch {
    return null;
  }
}
