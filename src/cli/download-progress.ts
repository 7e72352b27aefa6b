/** Shows the download of a model: a line that counts up on a terminal, a single line elsewhere. */

import type { DownloadProgress } from "../weights/download.ts";
import type { TextStream } from "./terminal.ts";

/**
 * Makes a listener for a download.
 *
 * @param now Milliseconds. Default: the clock.
 */
export function showDownload(stream: TextStream, now: () => number = Date.now): (progress: DownloadProgress) => void {
  let shownAt: number | null = null;
  return ({ received, total }) => {
    const complete = received === total;
    if (shownAt !== null && (!stream.isTTY || (!complete && now() - shownAt < 200))) return;
    shownAt = now();
    const size = total === null ? "" : ` of ${megabytes(total)}`;
    if (!stream.isTTY) stream.write(`anomalyclip: downloading the model${size}\n`);
    else stream.write(`\r\u001B[2Kdownloading the model: ${megabytes(received)}${size}${complete ? "\n" : ""}`);
  };
}

// --- internal ---

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
