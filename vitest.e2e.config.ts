import { defineConfig } from "vitest/config";

/** End-to-end tests: the built program, as a user runs it. */
export default defineConfig({
  test: { include: ["test/**/*.e2e.ts"], testTimeout: 300_000, maxWorkers: 1 },
});
