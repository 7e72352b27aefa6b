import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { PICTURE, referenceModel } from "../explain/reference-model.fixture.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { explainCommand } from "./explain.ts";
import { runProgram } from "./program.ts";

const temporary = useTemporaryFolder();

const MODEL = ["--model", referenceModel.model, "--prompts", referenceModel.prompts, "--image-size", "96"];

async function run(...argv: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const terminal = { stdout: new PassThrough(), stderr: new PassThrough(), exitCode: 0 };
  await runProgram(["explain", ...argv], terminal, [explainCommand(terminal)]);
  const read = (stream: PassThrough) => String(stream.read() ?? "");
  return { exitCode: terminal.exitCode, stdout: read(terminal.stdout), stderr: read(terminal.stderr) };
}

async function writeSet(name: string): Promise<string> {
  for (const picture of ["good/0.png", "good/1.png", "crack/0.png", "crack/1.png"]) {
    const path = temporary.path(join(name, "test", picture));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await readFile(PICTURE));
  }
  return temporary.path(name);
}

describe("anomalyclip explain", () => {
  it("explains a picture, tells its score, and prints the path of the page", async () => {
    const out = temporary.path("picture");
    const { exitCode, stdout, stderr } = await run(PICTURE, ...MODEL, "--blocks", "5,6", "--out", out);
    expect([exitCode, stdout]).toEqual([0, `${join(out, "explain.html")}\n`]);
    expect(stderr).toMatch(/^anomalyclip: .*rgb-large\.png: (ab)?normal, score 0\.\d{3}\n$/);
    expect(await readdir(out)).toContain("layers.png");
  });

  it.each([
    [["--patches", "10,20", "30,40"]],
    [["--patches", "10,20", "--patches", "30,40"]],
    [["--patches", "10,20 30,40"]],
  ])("takes patches as in %j", async (patches) => {
    const out = temporary.path("patches");
    await run(PICTURE, ...MODEL, "--blocks", "6", "--out", out, "--force", ...patches);
    const files = (await readdir(out)).filter((name) => name.startsWith("attention"));
    expect(files.sort()).toEqual(["attention-10-20.png", "attention-30-40.png"]);
  });

  it("explains a data set, and fails with pictures that cannot be read", async () => {
    const set = await writeSet("set");
    const out = temporary.path("set-out");
    const whole = await run(set, ...MODEL, "--limit", "2", "--out", out);
    expect(whole).toMatchObject({ exitCode: 0, stdout: `${join(out, "explain.html")}\n` });
    expect(whole.stderr).toMatch(/^anomalyclip: 2 pictures, image AUROC 0\.500\n$/);
    await writeFile(join(set, "test/good/0.png"), "text");
    const broken = await run(set, ...MODEL, "--out", out, "--force");
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toMatch(/0\.png: not a picture.*\n.*3 pictures, .*; 1 could not be read\n$/);
  });

  it("stops on Ctrl-C, and writes nothing", async () => {
    const set = await writeSet("stopped");
    const listeners = process.listenerCount("SIGINT");
    const out = temporary.path("stopped-out");
    const running = run(set, ...MODEL, "--out", out);
    while (process.listenerCount("SIGINT") === listeners) await new Promise((resolve) => setTimeout(resolve, 1));
    process.emit("SIGINT", "SIGINT");
    const { exitCode, stdout, stderr } = await running;
    expect([exitCode, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(/interrupted; nothing was written\n$/);
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    await expect(readdir(out)).rejects.toThrow("ENOENT");
  });

  it.each([
    [[PICTURE, "--limit", "3"], /--limit is for data sets, and .*rgb-large\.png is a picture/],
    [[".", "--blocks", "3"], /--blocks is for a picture, and \. is none/],
    [
      [PICTURE, "--patches", "10;20"],
      /'--patches <x,y\.\.\.>' argument '10;20' is invalid. Expected pixels such as 120,80/,
    ],
    [["--patches", "10,20", PICTURE], /a picture is named before --patches/],
    [[PICTURE, "--blocks", "0"], /'--blocks <list>' argument '0' is invalid/],
    [["nothing.png"], /^anomalyclip: nothing\.png: no such file or folder/],
    [["sofa=/data"], /^anomalyclip: unknown data set "sofa"/],
    [[], /missing required argument 'input'/],
  ])("%j is one line and exit code 2", async (argv, message) => {
    const { exitCode, stdout, stderr } = await run(...argv);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect([exitCode, stdout]).toEqual([2, ""]);
  });
});
