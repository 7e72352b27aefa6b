/** Finds the pictures that files, folders and globs on the command line stand for. */

import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { hasImageExtension, IMAGE_EXTENSIONS } from "../image/extensions.ts";
import { compareNaturally } from "../natural-order.ts";

export interface FindImagesOptions {
  /** What relative paths are relative to. Default: the working directory. */
  cwd?: string;
  /** Folders that are passed over in folders and globs: those with pictures of results. Default: none. */
  exclude?: readonly string[];
}

/**
 * The paths of all pictures, each once, in natural order (`2.png` before `10.png`): relative to `cwd` where they lie
 * below it, absolute otherwise, with forward slashes. A path that exists is taken literally, even where it could be
 * read as a glob, and whatever its name. Folders are searched to any depth; hidden files are passed over.
 *
 * @throws AnomalyClipError `E_CONFIG` for an argument that stands for no picture at all.
 */
export async function findImages(paths: readonly string[], options: FindImagesOptions = {}): Promise<string[]> {
  const cwd = resolve(options.cwd ?? ".");
  const excluded = (options.exclude ?? []).map((folder) => resolve(cwd, folder) + sep);
  const found = new Set<string>();
  for (const path of paths) {
    const files = await expand(path, cwd);
    const kept = files.literal
      ? files.files
      : files.files.filter((file) => hasImageExtension(file) && !excluded.some((folder) => file.startsWith(folder)));
    if (kept.length === 0) {
      throw new AnomalyClipError("E_CONFIG", `${path}: no pictures found (${IMAGE_EXTENSIONS.join(", ")})`);
    }
    for (const file of kept) found.add(file);
  }
  return [...found].map((file) => shown(file, cwd)).sort(compareNaturally);
}

// --- internal ---

async function expand(path: string, cwd: string): Promise<{ files: string[]; literal: boolean }> {
  const there = await statIfThere(path, resolve(cwd, path));
  if (there?.isFile()) return { files: [resolve(cwd, path)], literal: true };
  if (there?.isDirectory()) return { files: await listFiles("**", resolve(cwd, path)), literal: false };
  if (there) throw new AnomalyClipError("E_CONFIG", `${path}: neither a file nor a folder`);
  // On Windows a backslash separates folders; in a glob it would take the meaning out of the next character.
  const pattern = sep === "\\" ? path.replaceAll("\\", "/") : path;
  if (!isDynamicPattern(pattern)) throw new AnomalyClipError("E_CONFIG", `${path}: no such file or folder`);
  return { files: await listFiles(pattern, cwd), literal: false };
}

async function statIfThere(path: string, absolute: string): Promise<Stats | null> {
  try {
    return await stat(absolute);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return null;
    throw new AnomalyClipError("E_CONFIG", `${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function listFiles(pattern: string, cwd: string): Promise<string[]> {
  const files = await glob(pattern, { cwd, onlyFiles: true, expandDirectories: false });
  return files.map((file) => (isAbsolute(file) ? resolve(file) : join(cwd, file)));
}

function shown(file: string, cwd: string): string {
  const inside = relative(cwd, file);
  const path = inside.startsWith("..") || isAbsolute(inside) ? file : inside;
  return sep === "\\" ? path.replaceAll("\\", "/") : path;
}
