import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { synthCommand } from "./synth.ts";

/** Runs the command and returns what it printed to standard output. */
async function runSynth(...flags: string[]): Promise<string> {
  let printed = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += text;
    return true;
  });
  const command = synthCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    await command.parseAsync(flags, { from: "user" });
  } finally {
    spy.mockRestore();
  }
  return printed;
}

test("--list shows every split and writes nothing", async () => {
  const text = await runSynth("--list");
  expect(text).toMatch(/leather +held-out +texture/);
  expect(text).toMatch(/scratch +train +"a scratch", in \d+ categories/);
});

test("synth writes the set it was asked for", async () => {
  const root = await mkdtemp(join(tmpdir(), "synth-"));
  try {
    const flags = [
      "--size",
      "16",
      "--good",
      "1",
      "--per-defect",
      "1",
      "--categories",
      "washer, coin",
      "--defects",
      "stain",
    ];
    expect(await runSynth("--out", root, ...flags)).toBe(`${root}: 6 pictures\n`);
    expect((await readdir(root)).sort()).toEqual(["captions.jsonl", "coin", "meta.json", "washer"]);
    await expect(runSynth("--out", root, ...flags)).rejects.toThrow(/not empty/);
    expect(await runSynth("--out", root, "--force", ...flags)).toBe(`${root}: 6 pictures\n`);
  } finally {
    await rm(root, { recursive: true });
  }
});

test("wrong flags are refused by name", async () => {
  await expect(runSynth()).rejects.toThrow(/--out DIR is missing/);
  await expect(runSynth("--out", "x", "--size", "big")).rejects.toThrow(/--size.*whole number/);
  await expect(runSynth("--out", "x", "--split", "half")).rejects.toThrow(/--split.*train, held-out, all/);
  await expect(runSynth("--out", "x", "--categories", "cheese")).rejects.toThrow(/unknown category "cheese"/);
});
