/** The CLIP models that can be named instead of given as a path, and how a name becomes a verified file. */

import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, posix, win32 } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { type DownloadProgress, downloadFile, manualDownloadHint } from "./download.ts";
import { isVerified } from "./verified-file.ts";

export interface RegisteredModel {
  /** OpenAI's name for it. */
  name: string;
  url: string;
  /** SHA-256 of the file, hexadecimal. */
  sha256: string;
  /** Bytes of the file. */
  size: number;
}

/** OpenAI's published vision transformers (github.com/openai/CLIP, `clip/clip.py`); AnomalyCLIP uses the first. */
export const CLIP_MODELS: readonly RegisteredModel[] = [
  {
    name: "ViT-L/14@336px",
    url: "https://openaipublic.azureedge.net/clip/models/3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02/ViT-L-14-336px.pt",
    sha256: "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02",
    size: 934_088_680,
  },
  {
    name: "ViT-L/14",
    url: "https://openaipublic.azureedge.net/clip/models/b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836/ViT-L-14.pt",
    sha256: "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
    size: 932_768_134,
  },
  {
    name: "ViT-B/16",
    url: "https://openaipublic.azureedge.net/clip/models/5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f/ViT-B-16.pt",
    sha256: "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
    size: 350_837_078,
  },
  {
    name: "ViT-B/32",
    url: "https://openaipublic.azureedge.net/clip/models/40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af/ViT-B-32.pt",
    sha256: "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
    size: 353_976_522,
  },
];

export interface ResolveModelOptions {
  /** Folder of downloaded models. Default: `defaultCacheDir()`. */
  cacheDir?: string;
  /** Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Called while a model is downloaded. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Stops a download; what has arrived is kept for the next call. */
  signal?: AbortSignal;
  /** Never use the network. Default: false. */
  offline?: boolean;
  /** Default: `CLIP_MODELS`. */
  registry?: readonly RegisteredModel[];
}

/**
 * The path of a model: an existing file or folder as it is, else a registered name, downloaded on first use.
 * Names are compared without regard to case and punctuation, `px` optional: `ViT-L/14@336px`, `vit-l-14-336`.
 *
 * @throws AnomalyClipError `E_WEIGHTS` for what is neither; `E_DOWNLOAD` when the file is missing and cannot be downloaded
 * @example
 * await resolveModel("ViT-L/14@336px"); // "/home/ada/.cache/anomalyclip/ViT-L-14-336px.pt"
 */
export async function resolveModel(nameOrPath: string, options: ResolveModelOptions = {}): Promise<string> {
  const { cacheDir = defaultCacheDir(), offline = false, registry = CLIP_MODELS, ...transfer } = options;
  if (await exists(nameOrPath)) return nameOrPath;
  const model = registry.find(({ name }) => keyOf(name) === keyOf(nameOrPath));
  if (model === undefined) {
    const known = registry.map(({ name }) => name).join(", ");
    const message = `model ${JSON.stringify(nameOrPath)}: no such file, nor a model of that name; known: ${known}`;
    throw new AnomalyClipError("E_WEIGHTS", message);
  }
  const { name, url, sha256, size } = model;
  const target = join(cacheDir, posix.basename(new URL(url).pathname));
  if (await isVerified(target, sha256, options.signal)) return target;
  if (offline) {
    const state = (await exists(target)) ? "is damaged" : "is not in the cache";
    const message = `model ${name} ${state} and downloads are off; ${manualDownloadHint(url, target, sha256)}`;
    throw new AnomalyClipError("E_DOWNLOAD", message);
  }
  return downloadFile(url, target, { ...transfer, sha256, size });
}

/**
 * Where downloaded models are kept: `$ANOMALYCLIP_CACHE`, else `anomalyclip` in the user's cache folder
 * (`$XDG_CACHE_HOME` or `~/.cache`; `%LOCALAPPDATA%` on Windows).
 */
export function defaultCacheDir(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.ANOMALYCLIP_CACHE) return env.ANOMALYCLIP_CACHE;
  if (platform === "win32") {
    return win32.join(env.LOCALAPPDATA || win32.join(home, "AppData", "Local"), "anomalyclip");
  }
  // The XDG specification says to ignore relative paths.
  const xdg = env.XDG_CACHE_HOME;
  return posix.join(xdg && posix.isAbsolute(xdg) ? xdg : posix.join(home, ".cache"), "anomalyclip");
}

// --- internal ---

/** `ViT-L/14@336px`, `vit_l_14_336px` and `ViT-L-14-336` are one name. A file name (`ViT-L-14.pt`) is none. */
function keyOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s/@_-]/g, "")
    .replace(/px$/, "");
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
