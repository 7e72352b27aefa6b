/** What the routes work with. */

import type { HttpBindings } from "@hono/node-server";
import type { Logger } from "pino";
import type { Admission } from "./admission.ts";
import type { Exports } from "./export-results.ts";
import type { Guard } from "./guard.ts";
import type { Retention } from "./history.ts";
import type { Inspector } from "./inspector.ts";
import type { Jobs } from "./jobs.ts";
import type { Models } from "./models.ts";
import type { PageFile } from "./page-files.ts";
import { ProblemError } from "./problem.ts";
import type { UploadLimits } from "./receive.ts";
import type { ResultFiles } from "./result-files.ts";
import type { ServiceMetrics } from "./service-metrics.ts";

/** The parts of a running service. */
export interface Service {
  admission: Admission;
  models: Models;
  inspector: Inspector;
  files: ResultFiles;
  exports: Exports;
  jobs: Jobs;
  guard: Guard;
  metrics: ServiceMetrics;
  page: ReadonlyMap<string, PageFile>;
  logger: Logger;
  limits: UploadLimits;
  retention: Retention;
  /** Folders that jobs may be started on, by name. */
  folders: ReadonlyMap<string, string>;
  /** Where trainings and evaluations are looked for; null for nowhere. */
  runs: string | null;
  /** Whether requests are answered: the model is loaded, and nobody asked for an end. */
  isReady(): boolean;
  /** Aborted when the service ends: streams that would never end do. */
  ending: AbortSignal;
}

/** What Hono passes along with a request. */
export interface Env {
  Bindings: Partial<HttpBindings>;
  Variables: { id: string; address: string };
}

/** @throws ProblemError 503 while the model is being loaded, and once an end was asked for */
export function requireReady({ isReady }: Service): void {
  if (isReady()) return;
  throw new ProblemError(503, "the service is starting or ending; try again", { "Retry-After": "5" });
}
