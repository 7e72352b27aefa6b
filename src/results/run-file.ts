/** `run.json`: how the results of a folder were made, so that only like is added to like. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { writeAtomically } from "../weights/atomic-file.ts";

/** Everything that a result depends on, by name: the detector's description and what is written of each picture. */
export type Protocol = Readonly<Record<string, string | number | boolean>>;

/** Writes `run.json` into `folder`. */
export async function writeProtocol(folder: string, protocol: Protocol): Promise<void> {
  const text = `${JSON.stringify({ protocol }, null, 2)}\n`;
  await writeAtomically(join(folder, "run.json"), (file) => file.writeFile(text), "E_CONFIG");
}

/** The protocol in the `run.json` of `folder`, or null where there is none that can be read. */
export async function readProtocol(folder: string): Promise<Protocol | null> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(folder, "run.json"), "utf8"));
  } catch {
    return null;
  }
  const protocol = (value as { protocol?: unknown } | null)?.protocol;
  if (typeof protocol !== "object" || protocol === null || Array.isArray(protocol)) return null;
  const plain = Object.values(protocol).every((entry) => ["string", "number", "boolean"].includes(typeof entry));
  return plain ? (protocol as Protocol) : null;
}

/**
 * Makes sure that the results in `folder` were made in the same way.
 *
 * @param otherwise what helps besides the same options and another folder, for the line of the error
 * @throws AnomalyClipError `E_CONFIG`, naming the first differences.
 */
export async function requireSameProtocol(
  folder: string,
  protocol: Protocol,
  otherwise = "--force to start over",
): Promise<void> {
  const before = await readProtocol(folder);
  if (!before) {
    throw new AnomalyClipError(
      "E_CONFIG",
      `${folder}: run.json is missing or damaged, so nothing tells how its results were made; use another --out, or ${otherwise}`,
    );
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(protocol)])];
  const changed = names.filter((name) => before[name] !== protocol[name]);
  if (changed.length === 0) return;
  const shown = changed.slice(0, 3).map((name) => `${name} was ${show(before[name])}, now ${show(protocol[name])}`);
  if (changed.length > shown.length) shown.push(`${changed.length - shown.length} more`);
  throw new AnomalyClipError(
    "E_CONFIG",
    `${folder}: its results were made with other options (${shown.join("; ")}); use the same options, another --out, or ${otherwise}`,
  );
}

// --- internal ---

function show(value: string | number | boolean | undefined): string {
  return value === undefined ? "not set" : String(value);
}
