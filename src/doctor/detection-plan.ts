/** What `detect` would use with the given options, or why it would not work. */

import { openDetection } from "../anomalyclip/open-detection.ts";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { chooseProviders, PROVIDERS, type ProviderChoice, type ProviderId } from "../runtime/providers.ts";
import { EMBEDDED_MODEL } from "../weights/embedded-model.ts";
import { CLIP_MODELS, resolveModel } from "../weights/registry.ts";
import type { ProviderState } from "./runtime.ts";
import type { Storage, StoredModel } from "./storage.ts";

/** The options of `detect` that are checked. */
export interface PlanOptions {
  model?: string;
  prompts?: string;
  /** Default: `cpu`. */
  provider?: ProviderChoice;
}

/** What is used, or in one line why nothing can be. */
export type DetectionPlan =
  | {
      works: true;
      model: string;
      prompts: string;
      provider: ProviderId;
      /** Side to which pictures are resized, pixels; null before the model is there. */
      imageSize: number | null;
      /** The model, where it has to be downloaded first. */
      download: StoredModel | null;
    }
  | { works: false; reason: string };

/** Opens model and prompts as `detect` does; nothing is downloaded or written. */
export async function planDetection(
  { model, prompts, provider = "cpu" }: PlanOptions,
  providers: readonly ProviderState[],
  storage: Storage,
): Promise<DetectionPlan> {
  try {
    await requireDecoder();
    const used = await firstWorking(provider, providers);
    const registered = model === undefined ? null : await registeredModel(model);
    const stored = storage.models.find(({ name }) => name === registered);
    const common = {
      works: true,
      model: registered ?? model ?? "embedded",
      prompts: prompts ?? "embedded",
      provider: used,
    } as const;
    if (stored === undefined || stored.state === "complete") {
      const { settings } = await openDetection({ model: stored?.path ?? model, prompts, download: NO_DOWNLOAD });
      return { ...common, imageSize: settings.imageSize, download: null };
    }
    // All that is wrong with the options comes to light before the model is missed.
    await openDetection({ model, prompts, download: NO_DOWNLOAD }).catch((error) => {
      if (!isMissed(error)) throw error;
    });
    requireSpace(stored, storage);
    return { ...common, imageSize: null, download: stored };
  } catch (error) {
    return { works: false, reason: messageOf(error) };
  }
}

// --- internal ---

/** A cache below a file, where nothing can be, found or written. */
const NO_DOWNLOAD = { offline: true, cacheDir: `${EMBEDDED_MODEL}/none` };

/** The name of a registered model in its own spelling; null for a path. */
async function registeredModel(nameOrPath: string): Promise<string | null> {
  for (const entry of CLIP_MODELS) {
    const refusal = await resolveModel(nameOrPath, { ...NO_DOWNLOAD, registry: [entry] }).catch((error) => error);
    if (isMissed(refusal)) return entry.name;
  }
  return null;
}

/** Whether the registry knows the model, and only its file is not there. */
function isMissed(error: unknown): boolean {
  return error instanceof AnomalyClipError && error.code === "E_DOWNLOAD";
}

/** A decoder without its native part fails when it is loaded. */
async function requireDecoder(): Promise<void> {
  try {
    // By itself first: Node 20 ends the process where a module that cannot be loaded is imported by one of ours.
    await import("sharp");
    const { encodePng } = await import("../image/encode.ts");
    const { decodeImage } = await import("../image/decode.ts");
    await decodeImage(await encodePng({ width: 1, height: 1, data: new Uint8Array(3) }));
  } catch (error) {
    // What follows its first line is advice for programmers.
    const reason = messageOf((error as Error).message.split("\n")[0]);
    throw new AnomalyClipError("E_IMAGE", `pictures cannot be decoded (${reason}); install this program again`);
  }
}

async function firstWorking(wanted: ProviderChoice, states: readonly ProviderState[]): Promise<ProviderId> {
  const stateOf = (id: ProviderId) => states.find((one) => one.id === id);
  const installed = PROVIDERS.filter(({ id }) => (stateOf(id)?.state ?? "not installed") !== "not installed");
  const candidates = await chooseProviders(wanted, installed);
  const working = candidates.find(({ id }) => stateOf(id)?.state === "works");
  if (working === undefined) {
    const { id, note } = stateOf(candidates[0]!.id)!;
    throw new AnomalyClipError("E_RUNTIME", `provider ${id} is installed but does not work: ${note}`);
  }
  return working.id;
}

function requireSpace({ name, size, present, state }: StoredModel, { cacheDir, free }: Storage): void {
  const missing = state === "incomplete" ? size - present : size;
  if (free !== null && free < missing) {
    throw new AnomalyClipError(
      "E_DOWNLOAD",
      `${cacheDir}: the disk is too full to download ${name}; set ANOMALYCLIP_CACHE to a folder on another one`,
    );
  }
}
