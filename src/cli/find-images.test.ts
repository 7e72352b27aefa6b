import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { findImages } from "./find-images.ts";

const temporary = useTemporaryFolder();
const FILES = ["a/2.png", "a/10.png", "a/b/1.JPG", "a/notes.txt", "a/.hidden.png", "odd[1].png", "out/o.png", "plain"];

beforeAll(async () => {
  for (const file of FILES) {
    await mkdir(dirname(temporary.path(file)), { recursive: true });
    await writeFile(temporary.path(file), "");
  }
  await mkdir(temporary.path("empty"));
});

function find(...paths: string[]): Promise<string[]> {
  return findImages(paths, { cwd: temporary.path("."), exclude: ["out"] });
}

describe("finding pictures", () => {
  it("searches folders to any depth, in natural order, and passes over what is hidden or no picture", async () => {
    expect(await find("a")).toEqual(["a/2.png", "a/10.png", "a/b/1.JPG"]);
  });

  it("takes every picture once", async () => {
    expect(await find("a/2.png", "./a", "a/*.png", temporary.path("a/2.png"))).toHaveLength(3);
  });

  it("takes a named file whatever its name, and a path that exists before a glob", async () => {
    expect(await find("plain", "odd[1].png")).toEqual(["odd[1].png", "plain"]);
  });

  it("expands globs to pictures", async () => {
    expect(await find("a/*")).toEqual(["a/2.png", "a/10.png"]);
    expect(await find("{a,empty}/**")).toEqual(["a/2.png", "a/10.png", "a/b/1.JPG"]);
  });

  it("passes over the results folder, unless a file there is named", async () => {
    expect(await find(".")).not.toContain("out/o.png");
    expect(await find("out/o.png")).toEqual(["out/o.png"]);
  });

  it("gives absolute paths of pictures that lie elsewhere", async () => {
    const [found] = await findImages([temporary.path("a/2.png")], { cwd: temporary.path("empty") });
    expect(found).toBe(temporary.path("a/2.png"));
  });

  it.each([
    ["nothing.png", "no such file or folder"],
    ["a/2.png/x", "no such file or folder"],
    ["x".repeat(5000), "no such file or folder"],
    ["empty", "no pictures found"],
    ["*.gif", "no pictures found"],
  ])("says of %j: %s", async (path, message) => {
    await expect(find("a", path)).rejects.toMatchObject({
      code: "E_CONFIG",
      message: expect.stringContaining(message),
    });
  });

  it.skipIf(process.platform === "win32")("comes to an end in a folder that holds itself", async () => {
    await mkdir(temporary.path("loop"));
    await temporary.write("loop/a.png", "");
    await symlink(temporary.path("loop"), temporary.path("loop/again"));
    expect(await find("loop")).toContain("loop/a.png");
  });

  it.skipIf(process.platform === "win32")("does not wait for a pipe", async () => {
    execFileSync("mkfifo", [temporary.path("pipe.png")]);
    await expect(find("pipe.png")).rejects.toThrow("neither a file nor a folder");
  });
});
