/** The files of an evaluation, and whether a run may use the folder that they lie in. */

import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AnomalyClipError } from "../errors.ts";
import { type FolderMode, onDisk } from "../results/results-folder.ts";
import { type Protocol, readProtocol, requireSameProtocol, writeProtocol } from "../results/run-file.ts";
import { STORE_FILES } from "./evaluation-store.ts";

/** What an evaluation writes beside scores and maps. */
export const EVALUATION_FILES = {
  json: "metrics.json",
  csv: "metrics.csv",
  markdown: "metrics.md",
  report: "report.html",
} as const;

/** The entry of an evaluation's protocol that stands for its data, and that no other protocol has. */
export const DATA_HASH = "data SHA-256";

/**
 * Refuses a folder with an evaluation that is neither to be gone on with nor to be overwritten, and one with results of
 * another kind, such as a training's, whose report and `run.json` would be lost.
 *
 * @throws AnomalyClipError E_CONFIG
 */
export async function requireUsable(folder: string, mode: FolderMode): Promise<void> {
  if (mode === "force") return;
  if (!(await holdsEvaluation(folder))) {
    const before = await readProtocol(folder);
    // An evaluation that was killed before its first score has left its protocol.
    if (before === null || DATA_HASH in before) return;
    throw new AnomalyClipError("E_CONFIG", `${folder} holds results of another kind: --out takes another folder`);
  }
  if (mode === "resume") return;
  throw new AnomalyClipError(
    "E_CONFIG",
    `${folder} already holds an evaluation: --resume goes on with it, --force starts over, --out takes another folder`,
  );
}

/**
 * Makes the folder. With `force`, removes the evaluation in it; with `resume`, checks that what is there was made in the
 * same way. What else lies there stays.
 *
 * @throws AnomalyClipError E_CONFIG
 */
export async function makeReady(folder: string, mode: FolderMode, protocol: Protocol): Promise<void> {
  if (mode === "resume" && (await holdsEvaluation(folder))) await requireSameProtocol(folder, protocol);
  await onDisk(folder, "write to", async () => {
    await mkdir(folder, { recursive: true });
    const files = Object.values(mode === "force" ? { ...STORE_FILES, ...EVALUATION_FILES } : EVALUATION_FILES);
    // Figures of an earlier run would be taken for those of this one.
    for (const file of files) await rm(join(folder, file), { force: true });
    await writeProtocol(folder, protocol);
  });
}

// --- internal ---

async function holdsEvaluation(folder: string): Promise<boolean> {
  const scores = await stat(join(folder, STORE_FILES.scores)).catch(() => null);
  return scores !== null && scores.size > 0;
}
