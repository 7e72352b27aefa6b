/** The page, read once at the start: no request ever names a file. */

import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

export interface PageFile {
  type: string;
  bytes: Uint8Array;
  /** Whether its name changes with its content. */
  immutable: boolean;
}

/** The built page, by URL path; empty where it was not built. */
export async function readPage(folder = builtPage()): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const url = path.slice(folder.length).replaceAll("\\", "/").replace(/^\/?/, "/");
    files.set(url, { type, bytes: await readFile(path), immutable: url.startsWith("/assets/") });
  }
  const index = files.get("/index.html");
  if (index) files.set("/", index);
  return files;
}

// --- internal ---

/** Beside the built program, or under `dist` where the source is run. */
function builtPage(): string {
  const here = fileURLToPath(import.meta.url);
  return fileURLToPath(new URL(here.endsWith(".ts") ? "../../dist/web" : "../web", import.meta.url));
}
