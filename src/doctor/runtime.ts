/** ONNX Runtime and its execution providers: which are installed, and which of them work. */

import { howToInstall, PROVIDERS, type ProviderId } from "../runtime/providers.ts";
import { askChild } from "./ask-child.ts";
import type { InstalledRuntime } from "./runtime-child.ts";

/** ONNX Runtime, or why it cannot be used. */
export type Runtime =
  | { version: string; providers: ProviderState[]; failure?: undefined }
  | { failure: string; version?: undefined; providers?: undefined };

/** A provider that this platform has. */
export interface ProviderState {
  id: ProviderId;
  /** What it computes on, in words. */
  hardware: string;
  state: "works" | "fails" | "not installed";
  /** Why it fails, or how to install it. */
  note?: string;
}

/** Milliseconds. A driver needs some for its first start. */
const TIMEOUT = 20_000;

const CHILD = new URL(`./runtime-child${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Tries every provider in a process of its own, since a broken driver may crash or hang it. */
export async function examineRuntime(): Promise<Runtime> {
  const found = await askChild<InstalledRuntime>(CHILD, "runtime", TIMEOUT);
  if ("failure" in found) return { failure: found.failure };
  const { version, installed } = found.answer;
  const providers: ProviderState[] = [];
  for (const provider of PROVIDERS) {
    const { id, hardware } = provider;
    if (installed.includes(id)) {
      const reply = await askChild<true>(CHILD, id, TIMEOUT);
      providers.push(
        "failure" in reply ? { id, hardware, state: "fails", note: reply.failure } : { id, hardware, state: "works" },
      );
    } else {
      const note = howToInstall(provider);
      if (note !== null) providers.push({ id, hardware, state: "not installed", note });
    }
  }
  // Where the processor fails, nothing runs: it takes over whatever the others lack.
  const processor = providers.find(({ id }) => id === "cpu");
  if (processor?.state !== "works") return { failure: processor?.note ?? "it knows no processor" };
  return { version, providers };
}
