/** The grids that come with the package: those of the paper. */

import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Grid, readGrid } from "./grid.ts";

const FOLDER = fileURLToPath(new URL("../../grids", import.meta.url));

/** Names of the shipped grids, such as `modules`. */
export async function shippedGrids(): Promise<string[]> {
  return (await readdir(FOLDER)).filter((file) => file.endsWith(".yaml")).map((file) => basename(file, ".yaml"));
}

/**
 * A shipped grid by its name, or one from a file.
 *
 * @throws AnomalyClipError E_CONFIG as `readGrid`
 */
export async function openGrid(nameOrFile: string): Promise<Grid> {
  const shipped = (await shippedGrids()).includes(nameOrFile);
  return readGrid(shipped ? join(FOLDER, `${nameOrFile}.yaml`) : nameOrFile);
}
