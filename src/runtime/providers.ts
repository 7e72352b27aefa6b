/** ONNX Runtime's execution providers: on what a graph can be computed, and which of them are installed here. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AnomalyClipError, messageOf } from "../errors.ts";
import type { OnnxModel } from "../graph/onnx.ts";

/** A provider's name on our command line. */
export type ProviderId = "cpu" | "cuda" | "tensorrt" | "directml" | "webgpu" | "coreml";

/** `auto`: the best that is installed and works. */
export type ProviderChoice = "auto" | ProviderId;

export interface Provider {
  id: ProviderId;
  /** ONNX Runtime's name for it. */
  runtimeName: string;
  /** What it computes on, in words. */
  hardware: string;
  /** Node's `platform/arch` of the builds of onnxruntime-node 1.30 that know it. */
  platforms: readonly string[];
  /** Whether its libraries come by a download of their own instead of with the npm package. */
  separate: boolean;
  /** Whether it is quicker in half precision than in float32. */
  float16: boolean;
  /** Whether it has the products of 8-bit weights (`graph/quantized.ts`); others leave them to the processor, and wait. */
  int8: boolean;
}

/** All that we know of, the one that `auto` prefers first. The processor is last: it is always there. */
export const PROVIDERS: readonly Provider[] = [
  {
    id: "cuda",
    runtimeName: "cuda",
    hardware: "NVIDIA GPU",
    platforms: ["linux/x64"],
    separate: true,
    float16: true,
    int8: false,
  },
  {
    // After CUDA, since it compiles a large model for minutes before the first picture.
    id: "tensorrt",
    runtimeName: "tensorrt",
    hardware: "NVIDIA GPU, through TensorRT",
    platforms: ["linux/x64"],
    separate: true,
    float16: true,
    int8: false,
  },
  {
    id: "directml",
    runtimeName: "dml",
    hardware: "GPU, through DirectX 12",
    platforms: ["win32/x64", "win32/arm64"],
    separate: false,
    float16: true,
    int8: false,
  },
  {
    id: "webgpu",
    runtimeName: "webgpu",
    hardware: "GPU, through WebGPU",
    platforms: ["linux/x64", "darwin/arm64", "win32/x64", "win32/arm64"],
    separate: false,
    float16: true,
    int8: false,
  },
  {
    // After WebGPU, since it lacks fused attention; and the form in which it is given models knows float32 alone.
    id: "coreml",
    runtimeName: "coreml",
    hardware: "Apple GPU and Neural Engine",
    platforms: ["darwin/arm64"],
    separate: false,
    float16: false,
    int8: false,
  },
  {
    id: "cpu",
    runtimeName: "cpu",
    hardware: "the processor",
    platforms: ["linux/x64", "linux/arm64", "darwin/arm64", "win32/x64", "win32/arm64"],
    separate: false,
    float16: false,
    int8: true,
  },
];

/** What a command line may ask for. */
export const PROVIDER_CHOICES: readonly ProviderChoice[] = ["auto", ...PROVIDERS.map(({ id }) => id)];

/**
 * The providers whose libraries are here, in the order of {@link PROVIDERS}. Whether driver and device are too is known
 * only when a session is opened.
 *
 * @throws AnomalyClipError E_RUNTIME when ONNX Runtime itself cannot be loaded
 */
export async function installedProviders(): Promise<Provider[]> {
  const backends = (await loadRuntime()).listSupportedBackends();
  return PROVIDERS.filter(({ runtimeName }) => {
    const backend = backends.find(({ name }) => name === runtimeName);
    // Of what does not come with the package the runtime says that it could use it, not that it is there.
    return backend !== undefined && (backend.bundled || existsSync(libraryOf(runtimeName)));
  });
}

/**
 * The providers to try for a choice, in this order: the one that is named and no other, or for `auto` all that are
 * installed, the processor last.
 *
 * @param installed Default: {@link installedProviders}.
 * @throws AnomalyClipError E_CONFIG when the one that is named is not installed, with how to get it
 */
export async function chooseProviders(
  wanted: ProviderChoice,
  installed?: readonly Provider[],
): Promise<readonly Provider[]> {
  const candidates = installed ?? (await installedProviders());
  if (wanted === "auto") return candidates;
  const found = candidates.find(({ id }) => id === wanted);
  if (found !== undefined) return [found];
  const available = `installed: ${candidates.map(({ id }) => id).join(", ")}`;
  const hint = howToInstall(PROVIDERS.find(({ id }) => id === wanted)!);
  const message =
    hint === null ? `does not exist for ${platform()}; ${available}` : `is not installed; ${hint}; ${available}`;
  throw new AnomalyClipError("E_CONFIG", `provider ${wanted} ${message}`);
}

/** What to do for a provider that is not installed; null where this platform has no build of it. */
export function howToInstall({ platforms, separate }: Provider): string | null {
  if (!platforms.includes(platform())) return null;
  if (!separate) return "install onnxruntime-node again";
  // The script itself, because npm runs no install scripts where it is told so, and future versions refuse its option.
  const script = join(runtimeFolder(), "script", "install.js");
  return `run node ${script} --onnxruntime-node-install (a download from nuget.org; needs CUDA 12 and cuDNN 9)`;
}

/** The version of ONNX Runtime. @throws AnomalyClipError E_RUNTIME when it cannot be loaded */
export async function runtimeVersion(): Promise<string> {
  return (await loadRuntime()).env.versions.node!;
}

/**
 * Computes a graph of float32 inputs and one output on one provider alone: unlike in a `Session`, what it cannot do is not
 * left to the processor.
 *
 * @throws AnomalyClipError E_RUNTIME with the provider's own reason
 */
export async function computeAlone(
  { runtimeName }: Provider,
  { bytes, inputs, outputs }: OnnxModel,
  feeds: Readonly<Record<string, Float32Array>>,
): Promise<Float32Array> {
  const { env, InferenceSession, Tensor } = await loadRuntime();
  env.logLevel = "fatal";
  try {
    const session = await InferenceSession.create(bytes, {
      executionProviders: [runtimeName],
      logSeverityLevel: 4,
      // It has no other to fall back to than itself, and says so where it is forbidden.
      extra: { session: { disable_cpu_ep_fallback: runtimeName === "cpu" ? "0" : "1" } },
    });
    const results = await session.run(
      Object.fromEntries(inputs.map(({ name, shape }) => [name, new Tensor("float32", feeds[name]!, shape)])),
    );
    await session.release();
    return results[outputs[0]!.name]!.data as Float32Array;
  } catch (error) {
    throw new AnomalyClipError("E_RUNTIME", reasonOf(error), { cause: error });
  }
}

/** Why the runtime failed, without the places in its own source that are of no use to anybody here. */
export function reasonOf(error: unknown): string {
  return messageOf(error)
    .replace(/^\/onnxruntime_src\S*.* was false\. /, "")
    .replace(/^.*\[ONNXRuntimeError\] : \d+ : \w+ : /, "");
}

// --- internal ---

/** Loaded late: it takes longer than everything else that a command line needs to say what it can do. */
async function loadRuntime(): Promise<typeof import("onnxruntime-node")> {
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    const reason = messageOf(error).replace(/ Require stack:.*/, "");
    throw new AnomalyClipError(
      "E_RUNTIME",
      `ONNX Runtime cannot be loaded (${reason}): it has builds for Linux with glibc (not Alpine), Windows, and macOS on ` +
        "Apple silicon",
      { cause: error },
    );
  }
}

function libraryOf(runtimeName: string): string {
  return join(runtimeFolder(), "bin", "napi-v6", platform(), `libonnxruntime_providers_${runtimeName}.so`);
}

function runtimeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
}

function platform(): string {
  return `${process.platform}/${process.arch}`;
}
