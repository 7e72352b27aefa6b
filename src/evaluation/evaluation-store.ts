/**
 * Scores and maps of the pictures of an evaluation, on disk as soon as they are known: a run that was broken off goes on
 * after its last picture, and memory does not grow with maps.
 *
 * `scores.jsonl` has a line for each picture. `patch-maps.f32` has the maps as they come from the model, one value for
 * each patch, float32, little-endian, [methods, G, G] for each picture: a map at full size follows from them.
 */

import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../weights/atomic-file.ts";

/** What is known of one picture. */
export interface PictureRecord {
  /** Relative to the root of the set, with forward slashes. */
  image: string;
  /** Size of its file when it was scored; null where that could not be known. */
  bytes: number | null;
  className: string;
  specie: string;
  abnormal: boolean;
  /** Width and height in pixels; null where the picture was not decoded. */
  size: [number, number] | null;
  /** P(abnormal | image), by method. */
  scores: number[];
  /** Place of its maps in `patch-maps.f32`, counted from 0. */
  map: number;
}

export const STORE_FILES = { scores: "scores.jsonl", maps: "patch-maps.f32" } as const;

export class EvaluationStore {
  private constructor(
    private readonly scores: FileHandle,
    private readonly maps: FileHandle,
    private readonly mapLength: number,
    private readonly known: Map<string, PictureRecord>,
    private next: number,
  ) {}

  /**
   * Opens what is there, or begins. A torn line at the end goes, and so does what was known of a picture whose file has
   * another size by now.
   *
   * @param mapLength numbers that the maps of one picture have
   * @param methods scores that a picture has
   * @param sizes bytes of the pictures' files, by path
   */
  static async open(
    folder: string,
    mapLength: number,
    methods: number,
    sizes: ReadonlyMap<string, number>,
  ): Promise<EvaluationStore> {
    const path = join(folder, STORE_FILES.scores);
    const known = new Map<string, PictureRecord>();
    const bytesPerMap = mapLength * Float32Array.BYTES_PER_ELEMENT;
    const maps = await open(join(folder, STORE_FILES.maps), "a+");
    const complete = Math.floor((await maps.stat()).size / bytesPerMap);
    await maps.close();
    for (const record of await readLines(path)) {
      const { image, bytes, scores, map } = record;
      const unchanged = bytes === null || bytes === sizes.get(image);
      if (unchanged && scores.length === methods && map < complete) known.set(image, record);
    }
    const lines = [...known.values()].map((record) => `${JSON.stringify(record)}\n`);
    await writeAtomically(path, (file) => file.writeFile(lines.join("")));
    const next = [...known.values()].reduce((after, { map }) => Math.max(after, map + 1), 0);
    return new EvaluationStore(
      await open(path, "a"),
      await open(join(folder, STORE_FILES.maps), "r+"),
      mapLength,
      known,
      next,
    );
  }

  /** The pictures that are done, by path. */
  get records(): ReadonlyMap<string, PictureRecord> {
    return this.known;
  }

  /** The map first: a line says that everything of its picture is there. */
  async append(picture: Omit<PictureRecord, "map">, patchMaps: Float32Array): Promise<void> {
    const record: PictureRecord = { ...picture, map: this.next++ };
    await this.maps.write(bytesOf(patchMaps), 0, patchMaps.byteLength, record.map * patchMaps.byteLength);
    await this.scores.write(`${JSON.stringify(record)}\n`);
    this.known.set(record.image, record);
  }

  /** The maps [methods, G, G] of a picture. */
  async readMaps({ map }: PictureRecord): Promise<Float32Array> {
    const values = new Float32Array(this.mapLength);
    const { bytesRead } = await this.maps.read(bytesOf(values), 0, values.byteLength, map * values.byteLength);
    if (bytesRead !== values.byteLength) throw new RangeError(`${STORE_FILES.maps}: map ${map} is not there`);
    return values;
  }

  async close(): Promise<void> {
    await this.scores.close();
    await this.maps.close();
  }
}

// --- internal ---

async function readLines(path: string): Promise<PictureRecord[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.split("\n").flatMap((line) => {
    const record = parseRecord(line);
    return record === null ? [] : [record];
  });
}

function parseRecord(line: string): PictureRecord | null {
  let value: Partial<PictureRecord> | null;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const {
    image,
    bytes = null,
    className,
    specie,
    abnormal,
    size,
    scores,
    map,
  } = Object(value) as Partial<PictureRecord>;
  const numbers = (list: unknown) => Array.isArray(list) && list.every((item) => typeof item === "number");
  const valid =
    [image, className, specie].every((text) => typeof text === "string") &&
    (bytes === null || typeof bytes === "number") &&
    typeof abnormal === "boolean" &&
    (size === null || (numbers(size) && size!.length === 2)) &&
    numbers(scores) &&
    Number.isSafeInteger(map) &&
    map! >= 0;
  return valid ? ({ image, bytes, className, specie, abnormal, size, scores, map } as PictureRecord) : null;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
