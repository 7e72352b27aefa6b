/** `report.html` of an evaluation: one file that shows its figures, curves, scores and pictures. */

import { rename, writeFile } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { onDisk } from "../../results/results-folder.ts";
import type { Evaluation, Exhibit } from "../evaluation.ts";
import { type DrawnExhibits, evaluationPage } from "./evaluation-page.ts";
import { drawExhibit } from "./exhibit-pictures.ts";

/**
 * Writes the report. An older one stays whole until the new one is. Exhibits whose pictures cannot be read any more are
 * passed over.
 *
 * @param now when the report is made. Default: now
 * @throws AnomalyClipError `E_CONFIG` where it cannot be written
 * @example
 * await writeEvaluationReport("out/report.html", evaluation, { best: [], worst: [] });
 */
export async function writeEvaluationReport(
  file: string,
  evaluation: Evaluation,
  exhibits: { best: Exhibit[]; worst: Exhibit[] },
  now: Date = new Date(),
): Promise<void> {
  const root = commonFolder([...exhibits.best, ...exhibits.worst].map(({ image }) => resolve(image)));
  const page = resolve(dirname(file));
  const drawAll = async (list: readonly Exhibit[]): Promise<DrawnExhibits> => {
    const drawn = [];
    // One at a time: a picture may fill hundreds of megabytes.
    for (const exhibit of list) {
      const pictures = await drawExhibit(exhibit);
      const path = resolve(exhibit.image);
      if (pictures)
        drawn.push({ exhibit, pictures, name: slashed(relative(root, path)), href: slashed(relative(page, path)) });
    }
    return { exhibits: drawn, missing: list.length - drawn.length };
  };
  const html = evaluationPage(
    evaluation,
    { best: await drawAll(exhibits.best), worst: await drawAll(exhibits.worst) },
    now,
  );
  await onDisk(dirname(file), "write the report to", async () => {
    await writeFile(`${file}.new`, html);
    await rename(`${file}.new`, file);
  });
}

// --- internal ---

/** The deepest folder that all of the files lie in or below. */
function commonFolder(files: readonly string[]): string {
  const [first = [], ...others] = files.map((file) => dirname(file).split(sep));
  const end = first.findIndex((folder, i) => others.some((other) => other[i] !== folder));
  return (end < 0 ? first : first.slice(0, end)).join(sep) || sep;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}
