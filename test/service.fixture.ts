/** The built service as a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

export interface ServiceProcess {
  url: string;
  process: ChildProcess;
  /** What it wrote to its standard error. */
  log(): string;
  /** Asks it to end, and waits. @returns the exit code */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** Starts `anomalyclip serve` on a free port and waits until it is ready. */
export async function startService(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--log-level", "error", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "pipe"],
  });
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /listening on (http:\S+);/.exec(text);
      if (found) resolve(found[1]!);
    });
    child.once("exit", () => reject(new Error(`the service ended: ${text}`)));
  });
  const exited = once(child, "exit");
  return {
    url,
    process: child,
    log: () => text,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      return child.exitCode;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
