import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { askChild } from "./ask-child.ts";

const temporary = useTemporaryFolder();

/** Asks a process that runs this code. */
async function ask(code: string, timeout = 20_000) {
  const file = await temporary.write(`${Math.random()}.mjs`, code);
  return askChild<string>(pathToFileURL(file), "who are you?", timeout);
}

describe("a process that is asked", () => {
  test("replies to its question", async () => {
    const echo = "process.send({ answer: process.argv.at(-1).toUpperCase() });";
    expect(await ask(echo)).toEqual({ answer: "WHO ARE YOU?" });
    expect(await ask('process.send({ failure: "I forgot" });')).toEqual({ failure: "I forgot" });
  });

  test("need not come to an end after its reply", async () => {
    expect(await ask('process.send({ answer: "here" }); setInterval(() => {}, 1000);')).toEqual({ answer: "here" });
  });

  test("may crash, and what it printed last is told", async () => {
    const crash = 'process.stderr.write("driver\\nis broken\\n", () => process.kill(process.pid, "SIGSEGV"));';
    expect(await ask(crash)).toEqual({ failure: "the process died (SIGSEGV): driver is broken" });
    expect(await ask("process.exit(3);")).toEqual({ failure: "the process died (exit code 3)" });
  });

  test("may hang, and is ended", async () => {
    expect(await ask("setInterval(() => {}, 1000);", 1500)).toEqual({ failure: "no answer within 1.5 s" });
  });
});
