/** The routes over a service whose model is made up, for tests that speak HTTP without a network. */

import { join } from "node:path";
import { pino } from "pino";
import { type Detection, verdictAt } from "../anomalyclip/detection.ts";
import type { PicturePool } from "../pipeline/picture-pool.ts";
import { Admission } from "./admission.ts";
import { type App, createApp } from "./app.ts";
import type { Service } from "./context.ts";
import { Exports } from "./export-results.ts";
import { Guard } from "./guard.ts";
import { History } from "./history.ts";
import { Inspector } from "./inspector.ts";
import { Jobs } from "./jobs.ts";
import { Models, type ServedDetector } from "./models.ts";
import { PictureStore } from "./picture-store.ts";
import { ResultFiles } from "./result-files.ts";
import { ServiceMetrics } from "./service-metrics.ts";

/** What is seen of a picture of one pixel. */
export function detectionOf(score: number): Detection {
  return {
    ...{ score, verdict: verdictAt(score, 0.5), threshold: 0.5, mapWidth: 2, mapHeight: 1, layers: 1 },
    ...{ map: Float32Array.of(0, 1), width: 1, height: 1, windows: 1, regions: [], pictures: null },
    image: { width: 1, height: 1, data: new Uint8Array(3) },
    imageMap: () => new Float32Array(1),
  };
}

export interface TestedApp {
  app: App;
  service: Service;
  history: History;
}

/** @param folder for the history and pictures. @param runs where trainings and evaluations are looked for */
export function makeApp(folder: string, detect: ServedDetector["detect"], runs: string | null = null): TestedApp {
  const detector = { detect, settings: { threshold: 0.5 }, description: {}, close: async () => undefined };
  const models = new Models([{ name: "embedded", options: {} }], async () => detector as unknown as ServedDetector);
  const history = new History(join(folder, "history.sqlite"));
  const pictures = new PictureStore(join(folder, "pictures"));
  const limits = { bytes: 1e6, pixels: 1e6, images: 4, seconds: 5 };
  const retention = { days: null, results: null };
  const admission = new Admission({ capacity: 4, inHand: 2, bytes: 1e7 });
  const metrics = new ServiceMetrics(() => admission.depth);
  const inspector = new Inspector(models, admission, history, pictures, retention, metrics);
  // Overlays are drawn in threads, which are not there.
  const files = new ResultFiles(pictures, {} as PicturePool);
  const folders = new Map<string, string>();
  const jobs = new Jobs({
    ...{ inspector, folders, folder: join(folder, "jobs"), maxBytes: limits.bytes, waiting: 3 },
    onError: (error) => {
      throw error;
    },
  });
  const service: Service = {
    ...{ admission, models, inspector, files, jobs, metrics, limits, retention, folders, runs },
    ...{ exports: new Exports(history, files), guard: new Guard({ token: null, perMinute: 1000 }) },
    ...{
      page: new Map(),
      logger: pino({ level: "silent" }),
      isReady: () => true,
      ending: new AbortController().signal,
    },
  };
  return { app: createApp(service), service, history };
}
