import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { lockFolder } from "./folder-lock.ts";

const temporary = useTemporaryFolder();

async function lockedBy(name: string, content: unknown): Promise<string> {
  await mkdir(temporary.path(name));
  await temporary.write(`${name}/run.lock`, typeof content === "string" ? content : JSON.stringify(content));
  return temporary.path(name);
}

test("a folder is given back", async () => {
  const folder = temporary.path("empty");
  await mkdir(folder);
  const unlock = await lockFolder(folder);
  expect(await readdir(folder)).toEqual(["run.lock"]);
  await unlock();
  expect(await readdir(folder)).toEqual([]);
});

test("another process that lives is not disturbed, and is named", async () => {
  const other = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
  const folder = await lockedBy("living", { pid: other.pid, host: hostname() });
  await expect(lockFolder(folder)).rejects.toThrow(`process ${other.pid} writes`);
  other.kill();
  await once(other, "exit");
  await (await lockFolder(folder))();
});

test.each([
  ["another machine", { pid: process.ppid, host: "elsewhere" }],
  ["this process, before a restart in a container", { pid: process.pid, host: hostname() }],
  ["a power cut", ""],
  ["somebody's joke", { pid: "1; rm", host: hostname() }],
])("what is left of %s is taken over", async (name, content) => {
  const folder = await lockedBy(name.replaceAll(" ", "-"), content);
  await (await lockFolder(folder))();
  expect(await readdir(folder)).toEqual([]);
});
