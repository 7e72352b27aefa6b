/** Lists a zip archive and says where its uncompressed entries lie, so that they can be read or mapped in place. */
import type { FileHandle } from "node:fs/promises";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { quoteName } from "./quote-name.ts";

/** Where the bytes of an entry lie in the archive's file. */
export interface ByteRange {
  offset: number;
  length: number;
}

/** An archive of this many entries holds no model; the limit keeps a hostile one from filling the memory. */
const MAX_ENTRIES = 200_000;

/** A zip archive whose entries are found by name. Valid only while `file` is open. */
export class StoredZip {
  private constructor(
    private readonly path: string,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws {AnomalyClipError} `E_WEIGHTS` where the directory cannot be read or names an entry twice. */
  static async open(path: string, file: FileHandle, size: number): Promise<StoredZip> {
    const entries = new Map<string, Entry>();
    try {
      const zip = await fromRandomAccessReaderPromise(new HandleReader(file, size), size, { autoClose: false });
      for await (const entry of zip.eachEntry()) {
        if (entries.has(entry.fileName)) throw new Error(`names ${quoteName(entry.fileName)} twice`);
        if (entries.size >= MAX_ENTRIES) throw new Error(`has more than ${MAX_ENTRIES} entries`);
        entries.set(entry.fileName, entry);
      }
      return new StoredZip(path, zip, entries);
    } catch (error) {
      throw broken(path, error);
    }
  }

  get names(): Iterable<string> {
    return this.entries.keys();
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /**
   * Where the bytes of an entry lie, from its local header.
   * @throws {AnomalyClipError} `E_WEIGHTS` where there is no such entry, or it is compressed.
   */
  async find(name: string): Promise<ByteRange> {
    const entry = this.entries.get(name);
    if (!entry) throw broken(this.path, new Error(`it has no entry ${quoteName(name)}`));
    if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
      throw broken(this.path, new Error(`${quoteName(name)} is compressed, which torch.save never does`));
    }
    try {
      const { fileDataStart } = await this.zip.readLocalFileHeaderPromise(entry, { minimal: true });
      return { offset: fileDataStart, length: entry.uncompressedSize };
    } catch (error) {
      throw broken(this.path, error);
    }
  }
}

/** Lets yauzl read through an open handle; positions outside the file are an error, not an exception in a callback. */
class HandleReader extends RandomAccessReader {
  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) {
      setImmediate(callback, new Error(`points outside the file (byte ${position})`));
      return;
    }
    this.file.read(buffer, offset, length, position).then(
      ({ bytesRead }) => callback(bytesRead < length ? new Error("ends early") : null, bytesRead),
      (error) => callback(error),
    );
  }

  override close(callback: (error: Error | null) => void): void {
    // Whoever opened the handle closes it.
    setImmediate(callback, null);
  }
}

function broken(path: string, error: unknown): AnomalyClipError {
  const message = `${path}: not a readable zip archive: ${messageOf(error).slice(0, 200)}; download it again`;
  return new AnomalyClipError("E_WEIGHTS", message, { cause: error });
}
