/** Puts the service together and runs it. */

import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import type { Logger } from "pino";
import type { DetectorOptions } from "../anomalyclip/detector.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { PicturePool } from "../pipeline/picture-pool.ts";
import { Admission } from "./admission.ts";
import { createApp } from "./app.ts";
import type { Service } from "./context.ts";
import { Exports } from "./export-results.ts";
import { Guard, requireToken } from "./guard.ts";
import { History, type Retention } from "./history.ts";
import { Inspector } from "./inspector.ts";
import { Jobs } from "./jobs.ts";
import { type ModelEntry, Models, type ServedDetector } from "./models.ts";
import { readPage } from "./page-files.ts";
import { PictureStore } from "./picture-store.ts";
import type { UploadLimits } from "./receive.ts";
import { ResultFiles } from "./result-files.ts";
import { ServiceMetrics } from "./service-metrics.ts";

export interface ServiceOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** What callers must know; null asks for nothing, and is refused where other machines could call. */
  token: string | null;
  /** Folder of history, pictures and jobs; made where it is not there. */
  data: string;
  /** The first is the default, and is loaded before the service is ready. */
  models: readonly [ModelEntry, ...ModelEntry[]];
  /** Models that stay loaded while nobody uses them. */
  keepModels: number;
  /** Pictures that the model looks at together where so many wait. */
  batch: number;
  /** Pictures that may wait or be looked at; of more, callers are told to come back. */
  queue: number;
  limits: UploadLimits;
  retention: Retention;
  /** Requests that an address may make in a minute. */
  perMinute: number;
  /** Folders that jobs may be started on, by name. */
  folders: ReadonlyMap<string, string>;
  /** Folder whose trainings and evaluations can be watched; null for none. */
  runs: string | null;
  logger: Logger;
  load: (options: DetectorOptions) => Promise<ServedDetector>;
}

export interface RunningService {
  url: string;
  /** Takes no more requests, finishes those that were accepted, and ends. */
  close(): Promise<void>;
}

/** Milliseconds in which the head of a request must come. */
const HEADERS_TIMEOUT = 20_000;
/** For a whole request: a zip of a day's pictures over a slow line. */
const REQUEST_TIMEOUT = 3_600_000;
/** Without a byte in either direction; a picture may wait that long for the model. */
const SILENCE_TIMEOUT = 600_000;
const HEADER_BYTES = 16_384;
/** Accepted requests get that long at the end. */
const GRACE = 60_000;
/** Uploads held in memory, as a multiple of what one request may bring. */
const HELD_REQUESTS = 8;
const WAITING_JOBS = 100;
const SWEEP_INTERVAL = 3_600_000;

/**
 * Starts the service; it is reachable at once and ready when its first model is loaded.
 *
 * @throws AnomalyClipError E_CONFIG for options, a data folder or a port that cannot be used; what loading the first
 *   model throws
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { host, port, token, data, batch, queue, retention, logger, folders, runs } = options;
  // More pictures than may wait would be told to come back, for ever.
  const limits = { ...options.limits, images: Math.min(options.limits.images, queue) };
  requireToken(host, token);
  await mkdir(data, { recursive: true }).catch((error) => {
    throw new AnomalyClipError("E_CONFIG", `${data}: the data folder cannot be made: ${messageOf(error)}`);
  });
  const history = new History(join(data, "history.sqlite"));
  const ending = new AbortController();
  const pool = new PicturePool();
  const models = new Models(options.models, options.load, options.keepModels);
  let ready = false;
  try {
    const pictures = new PictureStore(join(data, "pictures"));
    await pictures.removeOrphans((id) => history.has(id));
    const bytes = HELD_REQUESTS * limits.bytes;
    const admission = new Admission({ capacity: queue, inHand: batch + 2, bytes });
    const metrics = new ServiceMetrics(() => admission.depth);
    const inspector = new Inspector(models, admission, history, pictures, retention, metrics);
    const files = new ResultFiles(pictures, pool);
    const jobs = new Jobs({
      ...{ inspector, folders, maxBytes: limits.bytes, waiting: WAITING_JOBS, folder: join(data, "jobs") },
      onError: (err, job) => logger.error({ err, job }, "job failed"),
    });
    const service: Service = {
      ...{ admission, models, inspector, files, jobs, metrics, logger, limits, retention, folders, runs },
      exports: new Exports(history, files),
      guard: new Guard({ token, perMinute: options.perMinute }),
      page: await readPage(),
      isReady: () => ready,
      ending: ending.signal,
    };
    const app = createApp(service);
    const server = createAdaptorServer({
      fetch: app.fetch,
      serverOptions: { headersTimeout: HEADERS_TIMEOUT, requestTimeout: REQUEST_TIMEOUT, maxHeaderSize: HEADER_BYTES },
    }) as Server;
    server.timeout = SILENCE_TIMEOUT;
    const url = await listen(server, host, port);
    const sweep = setInterval(
      () => void inspector.sweep().catch((err) => logger.error({ err }, "sweep failed")),
      SWEEP_INTERVAL,
    );
    sweep.unref();
    await inspector.sweep();
    const close = async () => {
      ready = false;
      ending.abort();
      clearInterval(sweep);
      await Promise.all([finishRequests(server), jobs.stop()]);
      await Promise.all([models.close(), pool.close()]);
      history.close();
    };
    try {
      await models.use(models.defaultName, async () => undefined);
    } catch (error) {
      await close();
      throw error;
    }
    await jobs.resume();
    ready = true;
    return { url, close };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

// --- internal ---

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program listens there: choose another --port" : error.message;
      reject(new AnomalyClipError("E_CONFIG", `${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      const actual = typeof address === "object" && address !== null ? address.port : port;
      resolve(`http://${host.includes(":") ? `[${host}]` : host}:${actual}`);
    });
  });
}

function finishRequests(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), GRACE);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}
