/** Which names are taken for pictures before anything is read. */

import { extname } from "node:path";

/** What counts as a picture in a folder or a glob, in any case. */
export const IMAGE_EXTENSIONS = ["png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp", "gif"] as const;

/** Whether the file's name ends in one of `IMAGE_EXTENSIONS`. */
export function hasImageExtension(file: string): boolean {
  const extension = extname(file).slice(1).toLowerCase();
  return (IMAGE_EXTENSIONS as readonly string[]).includes(extension);
}
