/** A run of `anomalyclip ablate`: shows which row is being learned, and prints the table. */

import { formatAblation } from "../ablation/ablation-table.ts";
import { runAblation } from "../ablation/run-ablation.ts";
import { openGrid } from "../ablation/shipped-grids.ts";
import { printable } from "../printable.ts";
import type { AblateFlags } from "./ablate.ts";
import { showDownload } from "./download-progress.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the command; the exit code is left in `terminal`. */
export async function runAblate(grid: string, flags: AblateFlags, terminal: Terminal): Promise<void> {
  const { train, set, resume, force, json, csv, markdown, imageSize, epochs, learningRate, seed, ...options } = flags;
  const say = (text: string) => terminal.stderr.write(`anomalyclip: ${printable(text)}\n`);
  const data: Record<string, string[]> = { train };
  for (const [name, spec] of set) data[name] = [...(data[name] ?? []), spec];
  const given = Object.entries({ imageSize, epochs, learningRate, seed }).filter(([, value]) => value !== undefined);
  const stop = new StopRequest(terminal, say);
  try {
    const table = await runAblation(
      {
        ...options,
        grid: await openGrid(grid),
        data,
        switches: Object.fromEntries(given),
        mode: resume ? "resume" : force ? "force" : "new",
        download: { onProgress: showDownload(terminal.stderr), signal: stop.signal },
      },
      {
        signal: stop.signal,
        onRow: ({ name, index, count }) => say(`row ${index + 1} of ${count}: ${name}`),
        onNote: say,
        training: {
          onEpoch: ({ epoch, loss }) => say(`  epoch ${epoch}: loss ${loss.toFixed(3)}`),
        },
      },
    );
    terminal.exitCode = stop.exitCode ?? 0;
    if (table === null) say("interrupted; the same command with --resume goes on");
    else terminal.stdout.write(formatAblation(table, json ? "json" : csv ? "csv" : markdown ? "markdown" : "text"));
  } finally {
    stop.dispose();
  }
}
