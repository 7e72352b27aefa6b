/** A results folder as `anomalyclip detect` writes it, made of kept results, for its report. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DetectedRecord } from "../results/record.ts";
import { RESULT_FILES, thumbnailFiles } from "../results/results-folder.ts";
import { writeProtocol } from "../results/run-file.ts";
import type { KeptResult } from "./history.ts";
import type { ResultFiles } from "./result-files.ts";

export class ResultsFolderFiles {
  readonly #lines: string[] = [];
  readonly #models = new Set<string>();
  readonly #products = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly files: ResultFiles,
  ) {}

  async add(result: KeptResult): Promise<void> {
    const { id, image, width, height, score, verdict, threshold, layers, mapMin, mapMax, mapMean, regions } = result;
    this.#models.add(result.model);
    if (result.product !== null) this.#products.add(result.product);
    const record: DetectedRecord = {
      ...{ image, width, height, score, verdict, threshold, layers, mapMin, mapMax, mapMean, regions },
      ...{ overlay: null, map: null, thumbnails: await this.#draw(id, result) },
    };
    this.#lines.push(`${JSON.stringify(record)}\n`);
  }

  async finish(): Promise<void> {
    await writeFile(join(this.folder, RESULT_FILES.jsonl), this.#lines.join(""));
    const named = (names: Set<string>) => [...names].join(", ") || "none";
    await writeProtocol(this.folder, { models: named(this.#models), products: named(this.#products) });
  }

  /** @returns null for a picture that was removed meanwhile */
  async #draw(id: string, result: KeptResult): Promise<[string, string] | null> {
    const names = thumbnailFiles(id);
    try {
      const drawn = [await this.files.thumbnail(result), await this.files.overlayThumbnail(result, "turbo")];
      await mkdir(join(this.folder, RESULT_FILES.thumbnails), { recursive: true });
      for (const [i, { bytes }] of drawn.entries()) await writeFile(join(this.folder, names[i]!), bytes);
      return names;
    } catch {
      return null;
    }
  }
}
