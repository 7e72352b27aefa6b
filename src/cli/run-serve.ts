/** A run of `anomalyclip serve`: starts the service, and ends it when it is asked to. */

import { pino } from "pino";
import { AnomalyDetector, type DetectorOptions } from "../anomalyclip/detector.ts";
import { AnomalyClipError } from "../errors.ts";
import { type ModelEntry, readModels } from "../server/models.ts";
import { startService } from "../server/service.ts";
import { detectorOptionsOf } from "./detector-options.ts";
import { say } from "./print-record.ts";
import type { ServeFlags } from "./serve.ts";
import type { Terminal } from "./terminal.ts";

/** In which a request must have come: 64 MiB over a line of 5 Mbit/s. */
const UPLOAD_SECONDS = 120;

/**
 * Runs the command until a signal ends it; the exit code is left in `terminal`.
 *
 * @throws AnomalyClipError for wrong usage and configuration, and a model that cannot be loaded
 */
export async function runServe(flags: ServeFlags, terminal: Terminal): Promise<void> {
  const stop = new Promise<string>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      let asked = false;
      process.on(signal, () => {
        // Asked twice, it is meant: what was answered is on disk.
        if (asked) process.exit(signal === "SIGINT" ? 130 : 143);
        asked = true;
        resolve(signal);
      });
    }
  });
  const maxPixels = Math.round(flags.maxPixels * 1e6);
  const common = { batch: flags.batch, maxPixels };
  const logger = pino({ level: flags.logLevel, base: null }, pino.destination({ dest: 2, sync: false }));
  say(terminal, "loading the model");
  const service = await startService({
    ...{ host: flags.host, port: flags.port, data: flags.data, token: flags.token || null },
    ...{ batch: flags.batch, queue: flags.queue, perMinute: flags.rate, keepModels: flags.keepModels },
    limits: { bytes: flags.maxUpload * 2 ** 20, pixels: maxPixels, images: flags.maxImages, seconds: UPLOAD_SECONDS },
    retention: { days: flags.keepDays ?? null, results: flags.keepResults ?? null },
    folders: flags.folder,
    runs: flags.runs ?? null,
    models: await modelsOf(flags, { ...detectorOptionsOf(flags, terminal), ...common }, common),
    logger,
    load: (options) => AnomalyDetector.load(options),
  });
  say(terminal, `listening on ${service.url}; results are kept in ${flags.data}; Ctrl-C ends`);
  await stop;
  say(terminal, "finishing what was accepted; once more to end at once");
  await service.close();
  terminal.exitCode = 0;
  // What a client left behind must not keep the process alive; nothing waits for it any more.
  setTimeout(() => process.exit(0), 2000).unref();
}

// --- internal ---

/** The model of the options, those of the file, and the one in the package, to compare with. */
async function modelsOf(
  flags: ServeFlags,
  options: DetectorOptions,
  common: Pick<DetectorOptions, "batch" | "maxPixels">,
): Promise<[ModelEntry, ...ModelEntry[]]> {
  const name = flags.model === undefined && flags.prompts === undefined ? "embedded" : "default";
  const more = flags.models === undefined ? [] : await readModels(flags.models);
  const entries: [ModelEntry, ...ModelEntry[]] = [{ name, options }];
  for (const entry of more) entries.push({ ...entry, options: { ...entry.options, ...common } });
  if (!entries.some((entry) => entry.name === "embedded")) entries.push({ name: "embedded", options: common });
  const names = entries.map((entry) => entry.name);
  const twice = names.find((entry, i) => names.indexOf(entry) !== i);
  if (twice !== undefined)
    throw new AnomalyClipError("E_CONFIG", `two models are called ${twice}: rename one in --models`);
  return entries;
}
