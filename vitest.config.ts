import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    // ONNX Runtime uses every core by itself: more workers than cores only make each other wait.
    maxWorkers: 2,
  },
});
