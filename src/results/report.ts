/** Writes `report.html`, one file that shows a whole run, from what lies in a results folder. */

import { createWriteStream } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ScoreHistogram } from "./histogram.ts";
import { type RecordLine, readRecordAt, readRecords } from "./jsonl.ts";
import { type DetectedRecord, type FailedRecord, isFailed } from "./record.ts";
import * as page from "./report-page.ts";
import { onDisk, RESULT_FILES } from "./results-folder.ts";
import { type Protocol, readProtocol } from "./run-file.ts";

export interface ReportOptions {
  /** Pictures, highest scores first, that are shown as thumbnails inside the page; the others are links. Default 500. */
  thumbnails?: number;
  /** Pictures, highest scores first, that are listed at all; the others are in `results.csv`. Default 10,000. */
  rows?: number;
  /** Failed pictures that are listed. Default 1,000. */
  failures?: number;
  /** When the report is made. Default now. */
  now?: Date;
}

/**
 * Writes the report of `folder` and returns its path. It is written row by row: memory holds a few numbers a picture,
 * whatever the size of the run.
 *
 * @throws AnomalyClipError `E_CONFIG` where it cannot be written.
 */
export async function writeReport(folder: string, options: ReportOptions = {}): Promise<string> {
  const path = join(folder, RESULT_FILES.report);
  await onDisk(folder, "write the report to", async () => {
    const survey = await surveyResults(join(folder, RESULT_FILES.jsonl), options.failures ?? 1000);
    const html = reportHtml(folder, survey, (await readProtocol(folder)) ?? {}, options);
    await pipeline(Readable.from(html), createWriteStream(`${path}.new`));
    await rename(`${path}.new`, path);
  });
  return path;
}

// --- internal ---

interface Survey {
  /** Where the detected pictures stand in the file, highest score first. */
  lines: (Pick<RecordLine, "offset" | "length"> & { score: number })[];
  counts: page.Counts;
  histogram: ScoreHistogram;
  threshold: number | null;
  failures: FailedRecord[];
}

async function surveyResults(jsonl: string, mostFailures: number): Promise<Survey> {
  const survey: Survey = {
    lines: [],
    counts: { normal: 0, abnormal: 0, failed: 0 },
    histogram: new ScoreHistogram(),
    threshold: null,
    failures: [],
  };
  for await (const { record, offset, length } of readRecords(jsonl)) {
    if (isFailed(record)) {
      survey.counts.failed++;
      if (survey.failures.length < mostFailures) survey.failures.push(record);
      continue;
    }
    survey.counts[record.verdict]++;
    survey.histogram.add(record.score, record.verdict);
    survey.threshold ??= record.threshold;
    survey.lines.push({ offset, length, score: record.score });
  }
  survey.lines.sort((a, b) => b.score - a.score);
  return survey;
}

async function* reportHtml(
  folder: string,
  survey: Survey,
  protocol: Protocol,
  options: ReportOptions,
): AsyncGenerator<string> {
  const { thumbnails = 500, rows = 10_000, now = new Date() } = options;
  yield page.head();
  yield page.summary(survey.counts, survey.threshold, survey.histogram, protocol, now);
  yield page.tableStart(Math.min(rows, survey.lines.length), survey.lines.length, thumbnails);
  const jsonl = await open(join(folder, RESULT_FILES.jsonl), "r");
  try {
    for (const [index, line] of survey.lines.slice(0, rows).entries()) {
      const record = await readRecordAt(jsonl, line);
      if (!record || isFailed(record)) continue;
      const shown = index < thumbnails ? await readThumbnails(folder, record) : null;
      yield page.row(record, index + 1, shown, linkTo(folder, record.image));
    }
  } finally {
    await jsonl.close();
  }
  yield page.tableEnd();
  yield page.failures(survey.failures, survey.counts.failed);
  yield page.end();
}

async function readThumbnails(folder: string, record: DetectedRecord): Promise<page.Thumbnails | null> {
  if (!record.thumbnails) return null;
  try {
    // The names come from a file that anyone may have edited: never leave the thumbnails' own folder.
    const files = record.thumbnails.map((file) => join(folder, RESULT_FILES.thumbnails, basename(file)));
    const [picture, overlay] = await Promise.all(files.map((file) => readFile(file, "base64")));
    return { picture: picture!, overlay: overlay! };
  } catch {
    return null;
  }
}

// Relative, so that pictures and results can be moved together.
function linkTo(folder: string, image: string): string {
  return relative(resolve(folder), resolve(image)).replaceAll("\\", "/");
}
