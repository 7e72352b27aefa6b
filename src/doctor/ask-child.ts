/** Questions to a process of their own, which may hang or crash in place of this one. */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { messageOf } from "../errors.ts";

/** What a child sends back with `process.send`: the answer, or why there is none. */
export type Reply<Answer> = { answer: Answer } | { failure: string };

/** Enough of what a dying process printed to tell why. */
const STDERR_CHARACTERS = 500;

/**
 * Starts a module as a process and waits for its reply.
 *
 * @param module the URL of the module; TypeScript too, as tests and benches run it
 * @param question its last argument
 * @param timeout milliseconds, after which it is killed
 * @returns its reply; a failure too where it ended without one
 */
export function askChild<Answer>(module: URL, question: string, timeout: number): Promise<Reply<Answer>> {
  const file = fileURLToPath(module);
  // Node 20 does not hand a loader on to processes either.
  const source = fileURLToPath(new URL("../runtime/source-worker.mjs", import.meta.url));
  const [program, args] = file.endsWith(".ts") ? [source, [module.href, question]] : [file, [question]];
  return new Promise((resolve) => {
    const child = fork(program, args, { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let printed = "";
    let reply: Reply<Answer> | null = null;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, timeout);
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-STDERR_CHARACTERS);
    });
    child.on("message", (message) => {
      reply = message as Reply<Answer>;
      // What a driver does when it is unloaded is of no interest any more.
      child.kill("SIGKILL");
    });
    child.on("error", (error) => finish({ failure: messageOf(error) }));
    child.on("close", (code, signal) => {
      const said = printed.trim() === "" ? "" : `: ${messageOf(printed)}`;
      const end = late ? `no answer within ${timeout / 1000} s` : `the process died (${signal ?? `exit code ${code}`})`;
      finish(reply ?? { failure: `${end}${said}` });
    });
    function finish(result: Reply<Answer>): void {
      clearTimeout(timer);
      resolve(result);
    }
  });
}
