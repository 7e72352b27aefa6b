/** A run of `anomalyclip export`: writes the model, says what was written. */

import { AnomalyClipError } from "../errors.ts";
import { type Exported, exportModel } from "../export/export-model.ts";
import type { Port } from "../graph/onnx.ts";
import { isUnknown } from "../graph/unknown-length.ts";
import { printable } from "../printable.ts";
import { modelOptionsOf } from "./detector-options.ts";
import type { ExportFlags } from "./export.ts";
import { say } from "./print-record.ts";
import { StopRequest } from "./stop-request.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs the command; the exit code is left in `terminal`.
 *
 * @throws AnomalyClipError for wrong usage and configuration
 */
export async function runExport(flags: ExportFlags, terminal: Terminal): Promise<void> {
  const { out, input, batch, external, layout, name, force, check, threads } = flags;
  const stop = new StopRequest(terminal, () => say(terminal, "stopping; nothing is written"));
  const { signal } = stop;
  try {
    const model = { ...modelOptionsOf(flags, terminal), precision: flags.precision };
    const exported = await exportModel(out, {
      ...{ model, input, batch, external, layout, name, force, check, threads },
      signal,
    });
    terminal.stdout.write(`${describeExport(exported)}\n`);
  } catch (error) {
    if (signal.aborted) {
      terminal.exitCode = stop.exitCode ?? 0;
    } else if (error instanceof AnomalyClipError && error.code === "E_RUNTIME") {
      // The command was right; what it made is not.
      say(terminal, error.message);
      terminal.exitCode = 1;
    } else {
      throw error;
    }
  } finally {
    stop.dispose();
  }
}

/** What was written, as lines for people. */
export function describeExport({ files, inputs, outputs, imageSize, check }: Exported): string {
  const lines = files.map(({ path, bytes }) => `${printable(path)}  ${formatBytes(bytes)}`);
  for (const port of inputs) {
    const meaning = port.type === "uint8" ? "RGB pixels" : "normalised";
    lines.push(`  in   ${describePort(port)}  ${meaning}, already resized to ${imageSize} x ${imageSize}`);
  }
  lines.push(...outputs.map((port) => `  out  ${describePort(port)}`));
  if (check !== null) {
    const [score, map] = [check.score, check.map].map((value) => (value === 0 ? "0" : value.toExponential(0)));
    lines.push(`checked: largest difference of the score ${score}, of the map ${map}`);
  }
  return lines.join("\n");
}

// --- internal ---

function describePort({ name, shape, type }: Port): string {
  return `${name} ${type} [${shape.map((length) => (isUnknown(length) ? "batch" : length)).join(", ")}]`;
}

function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
