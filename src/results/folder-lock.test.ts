import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";
import { expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { lockFolder } from "./folder-lock.ts";

const temporary = useTemporaryFolder();
let count = 0;

async function lockedBy(content: unknown): Promise<string> {
  const folder = `locked-${count++}`;
  await mkdir(temporary.path(folder));
  await temporary.write(`${folder}/run.lock`, typeof content === "string" ? content : JSON.stringify(content));
  return temporary.path(folder);
}

test("a folder is given back, and not to two at once", async () => {
  const folder = temporary.path("empty");
  await mkdir(folder);
  const lock = await lockFolder(folder);
  expect(await readdir(folder)).toEqual(["run.lock"]);
  await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid} on`);
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});

test("another process that lives is not disturbed, and is named", async () => {
  const other = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
  const folder = await lockedBy({ pid: other.pid, thread: 0, host: hostname() });
  await expect(lockFolder(folder)).rejects.toThrow(`process ${other.pid} on ${hostname()} writes`);
  other.kill();
  await once(other, "exit");
  await (await lockFolder(folder)).release();
});

test.each([
  ["another machine", { pid: process.ppid, thread: 0, host: "elsewhere" }],
  ["a process whose number another has by now", { pid: process.ppid, thread: 0, host: hostname() }],
  ["a power cut", ""],
])("what %s left is taken over when it gives no sign of life", async (_, content) => {
  const folder = await lockedBy(content);
  await expect(lockFolder(folder)).rejects.toThrow("writes its results there");
  const before = new Date(Date.now() - 61_000);
  await utimes(`${folder}/run.lock`, before, before);
  await (await lockFolder(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test("what this process itself left, before a restart in a container, is taken over at once", async () => {
  const folder = await lockedBy({ pid: process.pid, thread: threadId, host: hostname(), token: "before" });
  await (await lockFolder(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});
