import { readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { BENCHMARKS } from "../datasets/benchmarks/registry.ts";
import { writeTree } from "../datasets/picture-tree.fixture.ts";
import { encodePng } from "../image/encode.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { datasetsCommand } from "./datasets.ts";
import { runProgram } from "./program.ts";

const temporary = useTemporaryFolder();
const picture = await encodePng({ width: 2, height: 1, data: new Uint8Array(6).fill(50) });

/** Runs `anomalyclip datasets`. */
async function run(...argv: string[]) {
  const terminal = { stdout: new PassThrough(), stderr: new PassThrough(), exitCode: 0 };
  await runProgram(["datasets", ...argv], terminal, [datasetsCommand(terminal)]);
  const [stdout, stderr] = [terminal.stdout, terminal.stderr].map((stream) => String(stream.read() ?? ""));
  return { stdout: stdout!, stderr: stderr!, exitCode: terminal.exitCode };
}

/** A sound data set of three pictures. */
async function writeSet(name: string): Promise<string> {
  const root = temporary.path(name);
  await writeTree(root, { others: { "good/1.png": picture, "bad/1.png": picture }, marked: ["masks/bad/1.png"] });
  return root;
}

describe("datasets", () => {
  test("lists every benchmark on a line of its own, and says what is not known", async () => {
    const { stdout, exitCode } = await run();
    expect(exitCode).toBe(0);
    const lines = stdout.split("\n");
    for (const { id, title, homePage } of BENCHMARKS) {
      const line = lines.find((text) => text.startsWith(`${id} `))!;
      expect(line).toContain(` ${title} `);
      expect(line).toMatch(new RegExp(`${homePage.replaceAll(/[.?]/g, "\\$&")}$`));
    }
    expect(stdout).toMatch(/^visa +VisA +12 +962 \+ 1200 +yes +CC BY 4\.0 +https/m);
    expect(stdout).toMatch(/^dtd-synthetic .* not known +yes +not known /m);
    expect(stdout).toMatch(/^headct .* no +not known /m);
  });

  test("--json gives all facts, and null for what is not known", async () => {
    const facts = JSON.parse((await run("--json")).stdout);
    expect(facts).toHaveLength(17);
    expect(facts[2]).toMatchObject({ id: "mpdd", licence: null, classes: { length: 6 }, layouts: [{ tree: /test/ }] });
    expect(Object.keys(facts[2].layouts[0])).toEqual(["name", "tree"]);
  });

  test("tells about one", async () => {
    const { stdout, exitCode } = await run("SDD");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^sdd: SDD \(KolektorSDD\)\n\nhome page +https:\/\/www\.vicos\.si/);
    expect(stdout).toContain("published counts  test 347 normal, 52 abnormal, 52 masks (as downloaded)\n");
    expect(stdout).toContain("Folders, as downloaded:\n  kos01/\n    Part0.jpg, Part0_label.bmp");
    expect((await run("dtd-synthetic")).stdout).toMatch(/^published counts +not known$/m);
    expect(JSON.parse((await run("tn3k", "--json")).stdout)).toMatchObject({ id: "tn3k", classes: ["thyroid"] });
  });

  test("of every benchmark has a tree of each layout to show", async () => {
    for (const { id, layouts } of BENCHMARKS) {
      const { stdout } = await run(id);
      for (const { name, tree } of layouts) expect(stdout).toContain(`Folders, ${name}:\n  ${tree.split("\n")[0]}\n`);
    }
  });

  test("suggests the nearest id", async () => {
    const { stderr, exitCode } = await run("mvtecc");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^anomalyclip: unknown data set "mvtecc" \(did you mean mvtec\?\); known: mvtec, visa/);
  });

  test("explains itself", async () => {
    const { stdout, exitCode } = await run("--help");
    expect(exitCode).toBe(0);
    for (const words of ["check", "write-meta", "--json", "Examples:"]) expect(stdout).toContain(words);
    expect((await run("check", "--help")).stdout).toContain("Exit code: 0 whole and sound, 1 something is wrong, 2 no");
    expect((await run("write-meta", "--help")).stdout).toContain("--out <file>");
  });
});

describe("datasets check", () => {
  test("counts, and exits with 0 for a sound set", async () => {
    const root = await writeSet("sound");
    const { stdout, stderr, exitCode } = await run("check", "folder", root);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toBe(
      `folder: ${root}\n\nCLASS  TEST NORMAL  TEST ABNORMAL  MASKS\nsound            1              1      1\n\nWhole and sound.\n`,
    );
  });

  test("tells what is wrong, and exits with 1", async () => {
    const root = await writeSet("broken");
    await writeTree(root, { others: { "good/\u001b[31m.png": "" } });
    const { stdout, exitCode } = await run("check", "folder", root, "--decode");
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`Problems:\n  1 damaged picture\n    ${root}/good/\\x1b[31m.png: empty`);
    expect(stdout).toContain("  1 picture is there both as normal and as abnormal\n");
    expect(stdout).toMatch(/Notes:\n {2}1 picture is an exact copy of another\n.*\n\n2 problems\.\n$/);
  });

  test("compares a benchmark with what was published, by class", async () => {
    const root = temporary.path("mpdd");
    const paths = ["train/good/0.png", "test/good/0.png", "test/bent/0.png"];
    const classes = ["connector", "tubes"].flatMap((name) => paths.map((path) => [`${name}/${path}`, picture]));
    await writeTree(root, { others: Object.fromEntries(classes) });
    const { stdout, exitCode } = await run("check", "mpdd", root);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      "CLASS      TRAIN NORMAL  TEST NORMAL  TEST ABNORMAL  MASKS\nconnector             1            1              1      0\n",
    );
    expect(stdout).toContain("\nall                   2            2              2      0\n");
    expect(stdout).toContain(
      "  4 of 6 classes are missing: bracket_black, bracket_brown, bracket_white, metal_plate\n",
    );
    expect(stdout).toContain("  no masks\n  2 normal test pictures, published are 176\n");
  });

  test("--json tells the same to programs, wherever it stands", async () => {
    const root = await writeSet("json");
    for (const argv of [
      ["check", "folder", root, "--json"],
      ["check", "--json", "folder", root],
    ]) {
      const { stdout, exitCode } = await run(...argv);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ id: "folder", complete: true, classes: [{ name: "json", masks: 1 }] });
    }
  });

  test.each([
    [["check", "mvtec", "/nowhere"], "anomalyclip: /nowhere: no such folder\n"],
    [["check", "folders", "x"], 'anomalyclip: unknown data set "folders" (did you mean folder?); known: '],
    [["check", "mvtec"], "anomalyclip: missing required argument 'root'\n"],
  ])("%j exits with 2", async (argv, message) => {
    const { stderr, stdout, exitCode } = await run(...argv);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toContain(message);
  });
});

describe("datasets write-meta", () => {
  test("writes meta.json into the root and prints its path", async () => {
    const root = await writeSet("meta");
    const { stdout, stderr, exitCode } = await run("write-meta", "folder", root);
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: `${root}/meta.json\n`,
      stderr: "anomalyclip: 2 pictures\n",
      exitCode: 0,
    });
    const { train, test } = JSON.parse(await readFile(`${root}/meta.json`, "utf8"));
    expect(train).toEqual({});
    expect(test.meta).toMatchObject([
      { img_path: "bad/1.png", mask_path: "masks/bad/1.png" },
      { img_path: "good/1.png" },
    ]);
    const again = await run("write-meta", "folder", root);
    expect(again).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("meta.json: there is one already; remove it"),
    });
  });

  test("writes another file with --out, and beside a CSV", async () => {
    const root = await writeSet("out");
    expect((await run("write-meta", "folder", root, "--out", `${root}/good/list.json`)).exitCode).toBe(0);
    expect(await readFile(`${root}/good/list.json`, "utf8")).toContain('"img_path": "../bad/1.png"');
    await writeTree(root, { others: { "list.csv": "image,label\ngood/1.png,0\n" } });
    expect((await run("write-meta", "csv", `${root}/list.csv`)).stdout).toBe(`${root}/meta.json\n`);
  });

  test("refuses an incomplete benchmark", async () => {
    const root = temporary.path("half");
    await writeTree(root, { others: { "yes/1.jpg": picture } });
    const { stderr, exitCode } = await run("write-meta", "brainmri", root);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      "BrainMRI is not complete: no normal pictures; download the rest, or open what is there as folder=",
    );
  });
});
