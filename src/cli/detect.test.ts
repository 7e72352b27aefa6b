import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { type FakeDetector, fakeDetector } from "../results/fake-detector.fixture.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { detectCommand } from "./detect.ts";
import { runProgram } from "./program.ts";

const temporary = useTemporaryFolder();

interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Options that the detector was loaded with, if it was. */
  loaded: Record<string, unknown> | null;
}

async function run(argv: readonly string[], detector: FakeDetector = fakeDetector()): Promise<Run> {
  const terminal = { stdout: new PassThrough(), stderr: new PassThrough(), exitCode: 0 };
  let loaded: Record<string, unknown> | null = null;
  const command = detectCommand(terminal, async (options) => {
    loaded = { ...options };
    return detector;
  });
  await runProgram(argv, terminal, [command]);
  const read = (stream: PassThrough) => String(stream.read() ?? "");
  return { exitCode: terminal.exitCode, stdout: read(terminal.stdout), stderr: read(terminal.stderr), loaded };
}

async function makePictures(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const path = temporary.path(join(folder, name));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "");
  }
  return temporary.path(folder);
}

async function recordsOf(folder: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(join(folder, "results.jsonl"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

describe("anomalyclip detect", () => {
  it("prints a line for each picture, writes the folder and sums up", async () => {
    const pictures = await makePictures("plain", ["a-0.9.png", "b-0.1.png"]);
    const out = temporary.path("plain-out");
    const { exitCode, stdout, stderr } = await run(["detect", pictures, "--out", out]);
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(
      /^0\.900 {2}abnormal {2}.*a-0\.9\.png {2}\(1 region, largest 3 x 2 at 0,0\)$/,
    );
    expect(stdout.split("\n")[1]).toMatch(/^0\.100 {2}normal {4}.*b-0\.1\.png$/);
    expect(stderr).toBe(`anomalyclip: 1 abnormal of 2 pictures. Report: ${join(out, "report.html")}\n`);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("a-0.9.png");
    expect((await recordsOf(out)).map(({ verdict }) => verdict)).toEqual(["abnormal", "normal"]);
  });

  it("prints nothing but JSON lines with --json, failures too", async () => {
    const pictures = await makePictures("json", ["a-0.9.png", "broken.png"]);
    const { exitCode, stdout, stderr } = await run(["detect", pictures, "--no-out", "--json"]);
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records).toEqual([
      expect.objectContaining({ score: 0.9, overlay: null }),
      { image: expect.stringContaining("broken.png"), error: "not a picture" },
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/broken\.png: not a picture\n.*1 abnormal of 1 picture, 1 failed\n$/);
  });

  it("tries failed pictures again on --resume, and only those", async () => {
    const pictures = await makePictures("resume", ["a-0.9.png", "broken.png"]);
    const out = temporary.path("resume-out");
    expect((await run(["detect", pictures, "--out", out])).exitCode).toBe(1);
    const again = fakeDetector();
    again.look = (source) => fakeDetector().look(source.replace("broken", "mended-0.8"));
    const { exitCode, stdout, stderr } = await run(["detect", pictures, "--out", out, "--resume"], again);
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/1 of 2 pictures are done already\n.*2 abnormal of 2 pictures\. Report/);
    expect(await recordsOf(out)).toHaveLength(2);
  });

  it("refuses earlier results before it loads a model", async () => {
    const pictures = await makePictures("refuse", ["a.png"]);
    const out = temporary.path("refuse-out");
    await run(["detect", pictures, "--out", out]);
    const { exitCode, stderr, loaded } = await run(["detect", pictures, "--out", out]);
    expect([exitCode, loaded]).toEqual([2, null]);
    expect(stderr).toMatch(/already holds results: --resume/);
    expect((await run(["detect", pictures, "--out", out, "--force"])).exitCode).toBe(0);
  });

  it("refuses to resume with other weights under the same name", async () => {
    const pictures = await makePictures("replaced", ["a-0.9.png"]);
    const out = temporary.path("replaced-out");
    const made = (hash: string) => ({ ...fakeDetector(), identify: async () => ({ "model SHA-256": hash }) });
    await run(["detect", pictures, "--out", out], made("abc"));
    const { exitCode, stderr } = await run(["detect", pictures, "--out", out, "--resume"], made("def"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("model SHA-256 was abc, now def");
  });

  it("refuses to resume with other options", async () => {
    const pictures = await makePictures("options", ["a.png"]);
    const out = temporary.path("options-out");
    await run(["detect", pictures, "--out", out]);
    const { exitCode, stderr } = await run(["detect", pictures, "--out", out, "--resume", "--colormap", "gray"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/overlays was turbo, now gray/);
  });

  it("finishes the picture in hand on Ctrl-C, writes the report and says how to go on", async () => {
    const pictures = await makePictures("stop", ["a.png", "b.png", "c.png"]);
    const out = temporary.path("stop-out");
    const listeners = process.listenerCount("SIGINT");
    const detector = fakeDetector();
    const { look } = detector;
    detector.look = (source) => {
      process.emit("SIGINT", "SIGINT");
      return look(source);
    };
    const { exitCode, stderr } = await run(["detect", pictures, "--out", out], detector);
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/stopped after 1 of 3 pictures; .*--resume/);
    expect(await recordsOf(out)).toHaveLength(1);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("a.png");
    expect(detector.closed).toBe(true);
    expect(process.listenerCount("SIGINT")).toBe(listeners);
  });

  it("hands the options to the detector, and leaves out what was not given", async () => {
    const pictures = await makePictures("hand", ["a.png"]);
    const options = "--model m --layers 12,6 --sigma 2 --attention q-q --threshold .6 --threads 2".split(" ");
    const { loaded } = await run(["detect", pictures, "--no-out", ...options]);
    expect(loaded).toMatchObject({
      model: "m",
      layers: [6, 12],
      sigma: 2,
      attention: "q-q",
      threshold: 0.6,
      threads: 2,
    });
    expect(loaded?.imageSize).toBeUndefined();
  });

  it("shows control characters in names instead of obeying them", async () => {
    const pictures = await makePictures("control", ["a\u001B[2J.png"]);
    const { stdout } = await run(["detect", pictures, "--no-out"]);
    expect(stdout).toContain("a\\x1b[2J.png");
  });
});

describe("wrong usage", () => {
  it.each([
    [["detect", ".", "--image-size", "abc"], /^anomalyclip: option '--image-size <pixels>' argument 'abc' is invalid/],
    [["detect", "."], /^anomalyclip: \.: no pictures found/],
    [["detect", "nothing.png"], /^anomalyclip: nothing\.png: no such file or folder/],
    [["detect"], /^anomalyclip: missing required argument 'paths'/],
    [["detect", ".", "--attention", "x"], /Allowed choices are v-v, q-q, k-k, none/],
    [["detect", ".", "--force", "--resume"], /'--force' cannot be used with option '--resume'/],
    [["detect", ".", "--no-out", "--maps", "npy"], /--maps needs a results folder/],
    [["detct"], /^anomalyclip: unknown command 'detct'/],
  ])("%j is one line and exit code 2", async (argv, message) => {
    const here = process.cwd();
    await mkdir(temporary.path("bare"), { recursive: true });
    process.chdir(temporary.path("bare"));
    const { exitCode, stdout, stderr, loaded } = await run(argv).finally(() => process.chdir(here));
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect([exitCode, stdout, loaded]).toEqual([2, "", null]);
  });

  it("is a stack trace with --debug alone", async () => {
    expect((await run(["detect", "nothing.png"])).stderr).not.toContain("    at ");
    expect((await run(["detect", "nothing.png", "--debug"])).stderr).toContain("    at ");
    expect((await run(["--debug", "detect", "nothing.png"])).stderr).toContain("    at ");
  });

  it("is told apart from a fault of the program", async () => {
    const pictures = await makePictures("fault", ["a.png"]);
    const detector = fakeDetector();
    detector.close = async () => {
      throw new TypeError("x is not a function");
    };
    const { exitCode, stderr } = await run(["detect", pictures, "--no-out"], detector);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("anomalyclip: x is not a function (unexpected; --debug prints where)\n");
  });
});

describe("help and version", () => {
  it("go to stdout with exit code 0", async () => {
    expect(await run(["--version"])).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await run(["detect", "--help"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("--resume") });
  });
});
