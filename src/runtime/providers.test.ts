import { describe, expect, test } from "vitest";
import { matmul } from "../graph/linear.ts";
import { toOnnx } from "../graph/onnx.ts";
import { constant, input } from "../graph/tensor.ts";
import {
  chooseProviders,
  computeAlone,
  howToInstall,
  installedProviders,
  PROVIDER_CHOICES,
  PROVIDERS,
  type ProviderId,
  reasonOf,
  runtimeVersion,
} from "./providers.ts";

const provider = (id: ProviderId) => PROVIDERS.find((one) => one.id === id)!;
const [cpu, webgpu, cuda] = [provider("cpu"), provider("webgpu"), provider("cuda")];
const here = `${process.platform}/${process.arch}`;

describe("execution providers", () => {
  test("that are installed are ones which this platform has, the processor last", async () => {
    const installed = await installedProviders();
    expect(installed.at(-1)).toBe(cpu);
    for (const { platforms } of installed) expect(platforms).toContain(here);
  });

  test("that come with the package are installed wherever there are builds of them", async () => {
    const bundled = PROVIDERS.filter(({ platforms, separate }) => !separate && platforms.includes(here));
    expect(await installedProviders()).toEqual(expect.arrayContaining(bundled));
  });

  test("can be asked for by name, or left to the program", () => {
    expect(PROVIDER_CHOICES).toEqual(["auto", "cuda", "tensorrt", "directml", "webgpu", "coreml", "cpu"]);
  });

  test("are tried in order of preference, a named one alone", async () => {
    expect(await chooseProviders("auto", [cuda, webgpu, cpu])).toEqual([cuda, webgpu, cpu]);
    expect(await chooseProviders("webgpu", [cuda, webgpu, cpu])).toEqual([webgpu]);
    expect(await chooseProviders("cpu")).toEqual([cpu]);
  });

  test("that this platform has no build of are refused", async () => {
    const foreign = PROVIDERS.find(({ platforms }) => !platforms.includes(here))!;
    await expect(chooseProviders(foreign.id, [webgpu, cpu])).rejects.toMatchObject({
      code: "E_CONFIG",
      message: `provider ${foreign.id} does not exist for ${here}; installed: webgpu, cpu`,
    });
    expect(howToInstall(foreign)).toBeNull();
  });

  test.runIf(here === "linux/x64")("that could be installed are refused with how to do it", async () => {
    await expect(chooseProviders("cuda", [cpu])).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringMatching(
        /^provider cuda is not installed; run node \S*onnxruntime-node\/script\/install\.js --onnxruntime-node-install \(a download from nuget\.org; needs CUDA 12 and cuDNN 9\); installed: cpu$/,
      ),
    });
  });

  test("compute a graph alone, or say why not", async () => {
    const graph = toOnnx({ y: matmul(input("x", [1, 2]), constant([1, 2, 3, 4], [2, 2])) });
    const x = Float32Array.of(1, 10);
    expect(await computeAlone(cpu, graph, { x })).toEqual(Float32Array.of(31, 42));
    const foreign = PROVIDERS.find(({ platforms }) => !platforms.includes(here))!;
    await expect(computeAlone(foreign, graph, { x })).rejects.toMatchObject({
      code: "E_RUNTIME",
      message: expect.stringMatching(/not found|not supported|failed/i),
    });
  });

  test("have their runtime's version", async () => {
    expect(await runtimeVersion()).toMatch(/^1\.30\.\d+$/);
  });

  test("explain themselves without places in the runtime's source", () => {
    const webgpuFailure =
      "/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::Initialize(const " +
      "Config&)::<lambda()> status == Success was false. Failed to get a WebGPU adapter: No supported adapters\n";
    expect(reasonOf(new Error(webgpuFailure))).toBe("Failed to get a WebGPU adapter: No supported adapters");
    const cudaFailure =
      "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2251 onnxruntime::Provider& Get() " +
      "[ONNXRuntimeError] : 1 : FAIL : Failed to load library libonnxruntime_providers_cuda.so";
    expect(reasonOf(new Error(cudaFailure))).toBe("Failed to load library libonnxruntime_providers_cuda.so");
  });
});
