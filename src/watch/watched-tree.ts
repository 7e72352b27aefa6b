/** Sees pictures appear and change in a folder and below it, whatever becomes of the folder meanwhile. */

import { lstat, realpath, stat } from "node:fs/promises";
import { basename, isAbsolute, normalize, relative, sep } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { hasImageExtension } from "../image/extensions.ts";
import { madeFolders } from "../results/results-folder.ts";
import { FolderWatchers } from "./folder-watchers.ts";
import type { Snapshot } from "./settling-queue.ts";
import { isHidden, pathBelow, walkPictures } from "./walk-pictures.ts";

export interface WatchedTreeOptions {
  /** The folder, as it is to be told in the paths of pictures. */
  folder: string;
  /** The folder that results are written to, which may be or lie in `folder`: its pictures are passed over. It must exist. */
  results: string | null;
  /** Seconds between searches of the whole folder; null relies on the system's notices. */
  poll: number | null;
  /** Whether a picture is known already; only notices and polls look whether such a one has changed. */
  isKnown: (image: string) => boolean;
  /** A picture is there, in this state; called again and again. */
  onPicture: (image: string, snapshot: Snapshot) => void;
  /** Something to tell the user, on one line. */
  onNote: (text: string) => void;
}

/** Seconds between searches for new names, for the notices that a busy system loses. */
const SECONDS_BETWEEN_SEARCHES = 60;

/** Seconds between searches where the system gives no notices. */
const SECONDS_WITHOUT_NOTICES = 5;

/** Files asked for their state at once: a network drive takes its time for each. */
const STATES_AT_ONCE = 32;

export class WatchedTree {
  readonly #prefix: string;
  readonly #watchers = new FolderWatchers((folder, name) => this.#notice(folder, name));
  readonly #noticed = new Set<string>();
  readonly #unreadable = new Set<string>();
  #poll: number | null;
  /** Where the folder is; null while it is gone. */
  #root: Root | null = null;
  /** Folders with pictures of results, as paths below the root; none where results go elsewhere. */
  #passedOver: string[] = [];
  #searchDue = 0;
  #searchFully = true;

  private constructor(
    private readonly options: WatchedTreeOptions,
    private readonly results: string | null,
  ) {
    this.#poll = options.poll;
    this.#prefix = imagePrefix(options.folder);
  }

  /** @throws AnomalyClipError E_CONFIG where there is no such folder */
  static async open(options: WatchedTreeOptions): Promise<WatchedTree> {
    const tree = new WatchedTree(options, options.results && (await realpath(options.results)));
    tree.#arrive(await findFolder(options.folder));
    return tree;
  }

  /** Whether the folder is gone; known since the last `tend`. */
  get lost(): boolean {
    return this.#root === null;
  }

  /** Whether all that was in the folder, and all that was noticed since, has been told. */
  get quiet(): boolean {
    return this.#searchDue > 0 && this.#noticed.size === 0;
  }

  /**
   * Looks after the folder; to be called over and over, but not twice at once.
   *
   * @throws AnomalyClipError E_CONFIG when the results went with the folder
   */
  async tend(): Promise<void> {
    const root = await findFolder(this.options.folder).catch(() => null);
    if (root === null) {
      if (this.#root !== null) this.#lose();
      return;
    }
    if (this.#root?.identity !== root.identity) {
      const { folder, onNote } = this.options;
      onNote(this.#root === null ? `${folder} is back` : `${folder} is another folder now, which is watched instead`);
      this.#arrive(root);
    }
    if (Date.now() >= this.#searchDue) await this.#search();
    const noticed = [...this.#noticed];
    this.#noticed.clear();
    for (const path of noticed) await this.#look(path);
  }

  /** The state of a picture; null where it is gone or no file. */
  async snapshot(image: string): Promise<Snapshot | null> {
    // By the path that everybody else will open it by.
    const info = await stat(image).catch(() => null);
    return info?.isFile() ? { size: info.size, modified: info.mtimeMs } : null;
  }

  /** Whether the folder can be found at this moment. */
  async isThere(): Promise<boolean> {
    return (await findFolder(this.options.folder).catch(() => null)) !== null;
  }

  close(): void {
    this.#watchers.close();
  }

  #arrive(root: Root): void {
    this.#watchers.close();
    this.#root = root;
    const made = this.results === null ? [] : madeFolders(this.results);
    this.#passedOver = made.map((folder) => insideOf(root.path, folder)).filter((path) => path !== null);
    this.#searchFully = true;
    this.#searchDue = 0;
  }

  #lose(): void {
    const { folder, onNote } = this.options;
    this.#root = null;
    this.#watchers.close();
    this.#noticed.clear();
    if (this.#passedOver.length > 0) {
      throw new AnomalyClipError(
        "E_CONFIG",
        `${folder}: gone, and with it the results folder in it; start again, with --out elsewhere`,
      );
    }
    onNote(`${folder} is gone; waiting until it is back`);
  }

  #notice(folder: string, name: string | null): void {
    const root = this.#root?.path;
    if (root === undefined) return;
    // The folder's own name tells of its own end; a new one may stand there already.
    if (name === null || (folder === root && name === basename(root))) this.#searchDue = Math.min(this.#searchDue, 1);
    if (name === null || isHidden(name)) return;
    const path = pathBelow(folder.slice(root.length + 1), name);
    if (!this.#isPassedOver(path)) this.#noticed.add(path);
  }

  #isPassedOver(path: string): boolean {
    return this.#passedOver.some((folder) => path === folder || path.startsWith(`${folder}/`));
  }

  async #search(): Promise<void> {
    const fully = this.#searchFully || this.#poll !== null;
    this.#searchFully = false;
    // Set before: a notice during the search may ask for another.
    this.#searchDue = Number.POSITIVE_INFINITY;
    await this.#walk("", fully);
    const pause = this.#poll ?? SECONDS_BETWEEN_SEARCHES;
    this.#searchDue = Math.min(this.#searchDue, Date.now() + pause * 1000);
  }

  async #walk(inside: string, fully: boolean): Promise<void> {
    const root = this.#root!.path;
    const found = walkPictures(root, inside, {
      isExcluded: (path) => this.#isPassedOver(path),
      onFolder: (path) => this.#watch(path === "" ? root : `${root}/${path}`),
      onUnreadable: (path, error) => this.#sayUnreadable(path, error),
    });
    let asked: Promise<void>[] = [];
    for await (const path of found) {
      const image = this.#prefix + path;
      if (!fully && this.options.isKnown(image)) continue;
      asked.push(this.#see(image));
      if (asked.length < STATES_AT_ONCE) continue;
      await Promise.all(asked);
      asked = [];
    }
    await Promise.all(asked);
  }

  /** What a name stands for that something happened to. */
  async #look(path: string): Promise<void> {
    const absolute = `${this.#root!.path}/${path}`;
    const info = await lstat(absolute).catch(() => null);
    if (info === null) this.#watchers.remove(absolute);
    else if (info.isDirectory()) await this.#walk(path, true);
    else if (hasImageExtension(path)) await this.#see(this.#prefix + path);
  }

  async #see(image: string): Promise<void> {
    const snapshot = await this.snapshot(image);
    if (snapshot) this.options.onPicture(image, snapshot);
  }

  #watch(folder: string): void {
    if (this.#poll !== null) return;
    try {
      this.#watchers.add(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      this.#watchers.close();
      this.#poll = SECONDS_WITHOUT_NOTICES;
      const reason = `the system gives no notice of what happens in ${this.options.folder} (${messageOf(error)})`;
      this.options.onNote(`${reason}; searching it every ${this.#poll} seconds instead`);
    }
  }

  #sayUnreadable(path: string, error: unknown): void {
    if (this.#unreadable.has(path)) return;
    this.#unreadable.add(path);
    this.options.onNote(`${this.#prefix}${path}: the folder cannot be read: ${messageOf(error)}`);
  }
}

/** What stands before the paths of the pictures in a folder: `in/`, or nothing for the working directory. */
export function imagePrefix(folder: string): string {
  const path = sep === "\\" ? normalize(folder).replaceAll("\\", "/") : normalize(folder);
  if (path === "." || path === "./") return "";
  return path.endsWith("/") ? path : `${path}/`;
}

// --- internal ---

interface Root {
  /** Without links. */
  path: string;
  /** What tells it from another folder that comes to stand in its place. */
  identity: string;
}

async function findFolder(folder: string): Promise<Root> {
  try {
    const path = await realpath(folder);
    const info = await stat(path, { bigint: true });
    if (!info.isDirectory()) throw new AnomalyClipError("E_CONFIG", `${folder}: not a folder`);
    return { path, identity: `${path} ${info.dev} ${info.ino}` };
  } catch (error) {
    if (error instanceof AnomalyClipError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "no such folder" : `cannot be watched: ${messageOf(error)}`;
    throw new AnomalyClipError("E_CONFIG", `${folder}: ${reason}`, { cause: error });
  }
}

/** `path` as told from `folder`, with forward slashes; null where it does not lie in it. */
function insideOf(folder: string, path: string): string | null {
  const inside = relative(folder, path);
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return null;
  return inside.replaceAll(sep, "/");
}
