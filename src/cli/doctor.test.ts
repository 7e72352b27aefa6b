import { readdir } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { VERSION } from "../version.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { doctorCommand } from "./doctor.ts";
import { runProgram } from "./program.ts";

const temporary = useTemporaryFolder();
beforeAll(() => {
  vi.stubEnv("ANOMALYCLIP_CACHE", temporary.path("cache"));
});
afterAll(() => {
  vi.unstubAllEnvs();
});

/** Runs `anomalyclip doctor`. */
async function run(...argv: string[]) {
  const terminal = { stdout: new PassThrough(), stderr: new PassThrough(), exitCode: 0 };
  await runProgram(["doctor", ...argv], terminal, [doctorCommand(terminal)]);
  const [stdout, stderr] = [terminal.stdout, terminal.stderr].map((stream) => String(stream.read() ?? ""));
  return { stdout: stdout!, stderr: stderr!, exitCode: terminal.exitCode };
}

describe("doctor", () => {
  test("finds this machine fit for the small model, and writes nothing", async () => {
    const { stdout, stderr, exitCode } = await run();
    expect(stderr).toBe("");
    expect(stdout).toMatch(new RegExp(`^anomalyclip ${VERSION}, Node.js ${process.versions.node}\n`));
    expect(stdout).toContain("cpu ");
    expect(stdout).toContain(`${temporary.path("cache")}, `);
    expect(stdout).toContain('"detect" works, and uses');
    expect(exitCode).toBe(0);
    await expect(readdir(temporary.path("cache"))).rejects.toThrow("ENOENT");
  });

  test("--json gives the numbers, and exit code 1 where detection would not work", async () => {
    const { stdout, exitCode } = await run("--json", "--model", "nowhere.pt", "--prompts", "nowhere.pth");
    const found = JSON.parse(stdout);
    expect(found.system).toMatchObject({ version: VERSION, node: process.versions.node });
    expect(found.speed.rate.float32).toBeGreaterThan(1e8);
    expect(found.speed.rate.int8).toBeGreaterThan(1e8);
    expect(found.speed.paper.float32Seconds).toBeCloseTo(1.18e12 / found.speed.rate.float32, -1);
    expect(found.speed.embedded.float32Seconds).toBeLessThan(found.speed.paper.float32Seconds / 50);
    expect(found.system.memory.available).toBeLessThanOrEqual(found.system.memory.total);
    expect(found.plan).toEqual({ works: false, reason: expect.stringMatching(/^nowhere\.pth: /) });
    expect(exitCode).toBe(1);
  });

  test("refuses a provider that does not exist", async () => {
    const { stderr, exitCode } = await run("--provider", "gpu");
    expect(stderr).toMatch(/'gpu' is invalid.*auto, cuda, tensorrt, directml, webgpu, coreml, cpu/);
    expect(exitCode).toBe(2);
  });
});
