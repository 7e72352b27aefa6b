/** Everything that `anomalyclip doctor` looks at. */

import type { DetectionPlan, PlanOptions } from "./detection-plan.ts";
import { examineRuntime, type Runtime } from "./runtime.ts";
import type { Speed } from "./speed.ts";
import { examineStorage, type Storage } from "./storage.ts";
import { examineSystem, type System } from "./system.ts";

export interface Examination {
  system: System;
  runtime: Runtime;
  /** Of the processor; null where ONNX Runtime does not run. */
  speed: Speed | null;
  storage: Storage;
  plan: DetectionPlan;
}

/** Takes a few seconds. Nothing is downloaded and nothing written; what is wrong is a finding, not an error. */
export async function examine(options: PlanOptions): Promise<Examination> {
  const common = { system: await examineSystem(), storage: await examineStorage() };
  const runtime = await examineRuntime();
  if (runtime.failure !== undefined) {
    return { ...common, runtime, speed: null, plan: { works: false, reason: "ONNX Runtime does not work" } };
  }
  // These load ONNX Runtime into this process, which is safe only now.
  const { planDetection } = await import("./detection-plan.ts");
  const { measureSpeed } = await import("./speed.ts");
  return {
    ...common,
    runtime,
    speed: await measureSpeed(),
    plan: await planDetection(options, runtime.providers, common.storage),
  };
}
