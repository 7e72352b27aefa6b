import { describe, expect, test } from "vitest";
import { installedProviders, PROVIDERS } from "../runtime/providers.ts";
import { examineRuntime } from "./runtime.ts";

const found = await examineRuntime();

describe("the examination of ONNX Runtime", () => {
  test("finds the processor at work", () => {
    expect(found.failure).toBeUndefined();
    expect(found.version).toMatch(/^1\.30\./);
    expect(found.providers).toContainEqual({ id: "cpu", hardware: "the processor", state: "works" });
  });

  test("tries every provider that is installed, and says why one fails", async () => {
    const tried = found.providers!.filter(({ state }) => state !== "not installed");
    expect(tried.map(({ id }) => id)).toEqual((await installedProviders()).map(({ id }) => id));
    for (const { state, note } of tried) expect(note === undefined).toBe(state === "works");
  });

  test("names what could be installed here, with how, and nothing else", () => {
    const here = `${process.platform}/${process.arch}`;
    const possible = PROVIDERS.filter(({ platforms }) => platforms.includes(here));
    expect(found.providers!.map(({ id }) => id)).toEqual(possible.map(({ id }) => id));
    for (const { note } of found.providers!.filter(({ state }) => state === "not installed")) {
      expect(note).toMatch(/install/);
    }
  });
});
