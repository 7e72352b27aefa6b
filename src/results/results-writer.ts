/** Writes the results of a run, picture by picture: whatever happens next, what is done is on disk. */

import { type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Detection } from "../anomalyclip/detection.ts";
import { encodeNpy } from "../image/npy.ts";
import type { FileLock } from "../weights/file-lock.ts";
import { csvRow } from "./csv.ts";
import { commonFolder, FileNames } from "./file-names.ts";
import { lockFolder } from "./folder-lock.ts";
import { type DetectedRecord, type FailedRecord, type ResultFiles, type ResultRecord, recordOf } from "./record.ts";
import {
  type EarlierResults,
  type FolderMode,
  hasResults,
  keepResults,
  onDisk,
  RESULT_FILES,
  removeResults,
  thumbnailFiles,
} from "./results-folder.ts";
import { type Protocol, requireSameProtocol, writeProtocol } from "./run-file.ts";

export interface ResultsWriterOptions {
  /** How the results are made; see `run-file.ts`. */
  protocol: Protocol;
  /** All pictures of this run, with forward slashes. */
  images: readonly string[];
  /** What to do with results that are already there. */
  mode: FolderMode;
  /** Whether to write every raw map as `.npy`. */
  maps: boolean;
  /** What helps where the folder's results were made otherwise; see `requireSameProtocol`. */
  otherwise?: string;
}

/**
 * A results folder being written: a line of `results.jsonl` and `results.csv` for every picture, `overlays/*.png`,
 * `maps/*.npy` and `thumbnails/*.jpg`. The files of a picture are written before its lines, so a line never promises
 * a file that is not there.
 */
export class ResultsWriter {
  readonly #names: FileNames;

  private constructor(
    readonly folder: string,
    /** Results of earlier runs that were kept. */
    readonly earlier: EarlierResults,
    private readonly options: ResultsWriterOptions,
    private readonly jsonl: FileHandle,
    private readonly csv: FileHandle,
    private readonly lock: FileLock,
  ) {
    this.#names = new FileNames(commonFolder(options.images), earlier.names);
  }

  /**
   * Makes the folder ready.
   *
   * @throws AnomalyClipError `E_CONFIG` where it cannot be written, another process writes there or, with
   *   `mode: "resume"`, it holds results of another protocol.
   */
  static async open(folder: string, options: ResultsWriterOptions): Promise<ResultsWriter> {
    return onDisk(folder, "write to", async () => {
      await mkdir(folder, { recursive: true });
      const lock = await lockFolder(folder);
      try {
        if (options.mode === "force") await removeResults(folder);
        else if (await hasResults(folder)) await requireSameProtocol(folder, options.protocol, options.otherwise);
        const earlier = await keepResults(folder, options.images);
        await writeProtocol(folder, options.protocol);
        const jsonl = await open(join(folder, RESULT_FILES.jsonl), "a");
        const csv = await open(join(folder, RESULT_FILES.csv), "a");
        return new ResultsWriter(folder, earlier, options, jsonl, csv, lock);
      } catch (error) {
        await lock.release();
        throw error;
      }
    });
  }

  /** Writes one result and, where they were drawn, its pictures. */
  async write(image: string, detection: Detection): Promise<DetectedRecord> {
    const { pictures } = detection;
    const name = this.#names.take(image);
    const files: ResultFiles = {
      overlay: pictures && `${RESULT_FILES.overlays}/${name}.png`,
      map: this.options.maps ? `${RESULT_FILES.maps}/${name}.npy` : null,
      thumbnails: pictures && thumbnailFiles(name),
    };
    const record = recordOf(image, detection, files);
    if (pictures) {
      await this.#put(files.overlay!, pictures.overlay);
      await this.#put(files.thumbnails![0], pictures.thumbnails[0]);
      await this.#put(files.thumbnails![1], pictures.thumbnails[1]);
    }
    if (files.map) await this.#put(files.map, encodeNpy(detection.map, [detection.mapHeight, detection.mapWidth]));
    await this.#append(record);
    return record;
  }

  /** Writes down that a picture could not be looked at. */
  async fail(image: string, error: string): Promise<FailedRecord> {
    const record = { image, error };
    await this.#append(record);
    return record;
  }

  async close(): Promise<void> {
    await this.jsonl.close();
    await this.csv.close();
    await this.lock.release();
  }

  #put(file: string, bytes: Uint8Array): Promise<void> {
    return onDisk(this.folder, "write to", async () => {
      const path = join(this.folder, file);
      try {
        await writeFile(path, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        await mkdir(join(path, ".."), { recursive: true });
        await writeFile(path, bytes);
      }
    });
  }

  #append(record: ResultRecord): Promise<void> {
    return onDisk(this.folder, "write to", async () => {
      await this.csv.appendFile(csvRow(record));
      await this.jsonl.appendFile(`${JSON.stringify(record)}\n`);
    });
  }
}
