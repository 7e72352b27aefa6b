/** Results to hand on: a table, a report, or a zip with both and the pictures. Written as it is read, whatever its size. */

import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { stringify } from "csv-stringify/sync";
import { ZipFile } from "yazl";
import { guardFormula } from "../results/csv.ts";
import { largestRegion } from "../results/record.ts";
import { writeReport } from "../results/report.ts";
import { RESULT_FILES } from "../results/results-folder.ts";
import type { Filter } from "./api.ts";
import { ResultsFolderFiles } from "./export-folder.ts";
import type { History, KeptResult } from "./history.ts";
import type { ResultFiles } from "./result-files.ts";

/** Pictures of a report; of more, tables are of more use. */
const MOST_IN_REPORT = 2000;

const COLUMNS = [
  ...["id", "created", "image", "product", "model", "width", "height", "score", "verdict", "threshold", "layers"],
  ...["mapMin", "mapMax", "mapMean", "regions", "largestRegionX", "largestRegionY", "largestRegionWidth"],
  ...["largestRegionHeight", "largestRegionArea", "largestRegionPeak", "job"],
] as const;

/** The table, newest first, line by line. */
export function* csvLines(results: Iterable<KeptResult>): Generator<string, void, void> {
  yield stringify([[...COLUMNS]]);
  for (const result of results) {
    const largest = largestRegion(result.regions);
    const cells: Record<string, string | number | null | undefined> = {
      ...{ ...result, regions: result.regions.length },
      ...{ largestRegionX: largest?.x, largestRegionY: largest?.y, largestRegionPeak: largest?.peak },
      ...{ largestRegionWidth: largest?.width, largestRegionHeight: largest?.height, largestRegionArea: largest?.area },
    };
    yield stringify([COLUMNS.map((column) => guardFormula(cells[column] ?? ""))]);
  }
}

export class Exports {
  constructor(
    private readonly history: History,
    private readonly files: ResultFiles,
  ) {}

  csv(filter: Filter): Readable {
    return Readable.from(csvLines(this.history.all(filter)), { objectMode: false });
  }

  /** `report.html`, with small pictures inside. */
  async html(filter: Filter): Promise<Readable> {
    const folder = await mkdtemp(join(tmpdir(), "anomalyclip-report-"));
    const remove = () => rm(folder, { recursive: true, force: true });
    try {
      const written = new ResultsFolderFiles(folder, this.files);
      let count = 0;
      for (const result of this.history.all(filter)) {
        if (++count > MOST_IN_REPORT) break;
        await written.add(result);
      }
      await written.finish();
      const report = createReadStream(await writeReport(folder));
      report.once("close", () => void remove());
      return report;
    } catch (error) {
      await remove();
      throw error;
    }
  }

  /** The table, result lines, and of each picture the file that was sent, its overlay and its map. */
  zip(filter: Filter): Readable {
    const zip = new ZipFile();
    const out = new PassThrough();
    const fail = (error: unknown) => out.destroy(error as Error);
    zip.outputStream.on("error", fail).pipe(out);
    zip.on("error", fail);
    const addTable = (table: Readable, name: string) => {
      // The zip hears of no error of what it reads, and reads on where nobody takes it.
      zip.addReadStream(table.on("error", fail), name);
      out.once("close", () => table.destroy());
    };
    addTable(this.csv(filter), RESULT_FILES.csv);
    addTable(Readable.from(jsonLines(this.history.all(filter))), RESULT_FILES.jsonl);
    for (const result of this.history.all(filter)) {
      const name = exportName(result);
      const add = (path: string, read: () => Promise<Uint8Array>) =>
        // Read when its turn comes: no more than one picture is in memory.
        zip.addReadStreamLazy(path, { compress: false }, (give) => {
          if (out.destroyed) return;
          // One that was removed meanwhile is in the table, and empty here.
          const done = (bytes: Uint8Array) => give(null, Readable.from([Buffer.from(bytes)], { objectMode: false }));
          read().then(done, () => done(new Uint8Array()));
        });
      add(`pictures/${name}`, () => this.files.sent(result));
      add(`${RESULT_FILES.overlays}/${name}.png`, async () => (await this.files.overlay(result, "turbo")).bytes);
      add(`${RESULT_FILES.maps}/${name}.npy`, () => this.files.mapFile(result));
    }
    zip.end();
    return out;
  }
}

// --- internal ---

function* jsonLines(results: Iterable<KeptResult>): Generator<string, void, void> {
  for (const result of results) yield `${JSON.stringify(result)}\n`;
}

/** A name that sorts by age, says what it is, and is harmless wherever it is unpacked. */
function exportName({ id, image, created }: KeptResult): string {
  const base = image.slice(image.lastIndexOf("/") + 1).replace(/[^\p{L}\p{N}._ -]/gu, "_");
  return `${created.slice(0, 19).replaceAll(":", "-")} ${id.slice(-6)} ${base.slice(-80)}`;
}
