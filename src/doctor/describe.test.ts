import { describe, expect, test } from "vitest";
import { describeExamination } from "./describe.ts";
import type { Examination } from "./examine.ts";

const install = "run node install.js";
const model = { path: "/cache/a.pt", size: 934_088_680, present: 0, state: "missing" as const };

const EXAMINATION: Examination = {
  system: {
    version: "0.1.0",
    node: "20.20.2",
    operatingSystem: "Debian GNU/Linux 12 (Linux 6.1.0), x64",
    processor: "AMD EPYC",
    cores: 2,
    memory: { total: 8.2e9, available: 5.1e9 },
  },
  runtime: {
    version: "1.30.0",
    providers: [
      { id: "cuda", hardware: "NVIDIA GPU", state: "not installed", note: install },
      { id: "tensorrt", hardware: "NVIDIA GPU, through TensorRT", state: "not installed", note: install },
      { id: "webgpu", hardware: "GPU, through WebGPU", state: "fails", note: "no adapter\u001b[2J" },
      { id: "cpu", hardware: "the processor", state: "works" },
    ],
  },
  speed: {
    rate: { float32: 151e9, int8: 604e9 },
    paper: { imageSize: 518, float32Seconds: 8.02, int8Seconds: 3.444 },
    embedded: { imageSize: 192, float32Seconds: 0.0456 },
  },
  storage: {
    embedded: { path: "/package/clip.safetensors", bytes: 11e6 },
    cacheDir: "/cache",
    free: 69e9,
    models: [
      { ...model, name: "ViT-L/14@336px", state: "complete", present: model.size },
      { ...model, name: "ViT-L/14", state: "incomplete", present: 2e8 },
      { ...model, name: "ViT-B/16", state: "damaged", present: 7 },
      { ...model, name: "ViT-B/32" },
      { ...model, name: "ViT-A/1", size: 9.3e6 },
    ],
    features: { folder: "/cache/features", bytes: 1.5e9 },
  },
  plan: { works: true, model: "embedded", prompts: "embedded", provider: "cpu", imageSize: 192, download: null },
};

describe("the description of an examination", () => {
  const text = describeExamination(EXAMINATION);

  test("fits on a screen", () => {
    expect(text.trimEnd().split("\n").length).toBeLessThan(34);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(120);
  });

  test("has columns below each other, and nothing that moves the cursor", () => {
    expect(text).toContain(
      [
        "  cuda      not installed  NVIDIA GPU",
        "  tensorrt  not installed  NVIDIA GPU, through TensorRT",
        "  webgpu    fails          GPU, through WebGPU: no adapter\\x1b[2J",
        "  cpu       works          the processor",
        "  to install cuda and tensorrt: run node install.js",
      ].join("\n"),
    );
    expect(text).toContain(
      [
        "  matrix products  151 billion operations a second (GFLOP/s), 604 in 8 bits (--precision int8)",
        "  small model      about 0.046 s for a picture at 192 px",
        "  ViT-L/14@336px   about 8.0 s for a picture at 518 px, 3.4 s in 8 bits",
      ].join("\n"),
    );
    expect(text).toContain(
      [
        "  small model      /package/clip.safetensors, 11 MB",
        "  ViT-L/14@336px   /cache/a.pt, 934 MB",
        "  ViT-L/14         200 MB of 934 MB are downloaded; the next use goes on",
        "  ViT-B/16         /cache/a.pt has the wrong length; the next use downloads it anew",
        "  not here yet     ViT-B/32 (934 MB), ViT-A/1 (9.3 MB): downloaded at the first use",
        "  downloads go to  /cache, 69 GB free on that disk",
      ].join("\n"),
    );
  });

  test("ends in what detection would use, or why it would not work", () => {
    expect(text).toMatch(
      /"detect" works, and uses\n {2}model +the small one in the package\n.*\n.*192 px\n {2}computed on +cpu, one thread for each core\n$/,
    );
    const download = { ...model, name: "ViT-B/32" };
    const plan = { ...EXAMINATION.plan, model: "ViT-B/32", imageSize: null, download };
    expect(describeExamination({ ...EXAMINATION, plan } as Examination)).toMatch(
      /model +ViT-B\/32, downloaded first: 934 MB\n.*\n {2}image size +known when the model is here\n/,
    );
    const broken = describeExamination({ ...EXAMINATION, plan: { works: false, reason: "no prompts\u0007" } });
    expect(broken).toMatch(/"detect" does NOT work:\n {2}no prompts\\x07\n$/);
  });

  test("has no times where ONNX Runtime does not run, and says why", () => {
    const failure = "ONNX Runtime cannot be loaded";
    const plan = { works: false as const, reason: "ONNX Runtime does not work" };
    const broken = describeExamination({ ...EXAMINATION, runtime: { failure }, speed: null, plan });
    expect(broken).toContain(
      "ONNX Runtime, which computes the model, does not work:\n  ONNX Runtime cannot be loaded\n",
    );
    expect(broken).not.toContain("matrix products");
  });

  test("misses the small model where it is missing", () => {
    const storage = { ...EXAMINATION.storage, embedded: { path: "/package/clip.safetensors", bytes: null } };
    const speed = { ...EXAMINATION.speed!, embedded: null };
    const broken = describeExamination({ ...EXAMINATION, storage, speed });
    expect(broken).toMatch(/small model +cannot be opened\n/);
    expect(broken).toMatch(/small model +\/package\/clip\.safetensors, MISSING\n/);
  });
});
