/** The program, what it runs in, and the machine. */

import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, release, totalmem, type, version } from "node:os";
import { VERSION } from "../version.ts";

export interface System {
  /** The version of this program. */
  version: string;
  /** The version of Node.js. */
  node: string;
  operatingSystem: string;
  processor: string;
  /** Cores that this process may use. */
  cores: number;
  /** Bytes; of a container, what it may use. */
  memory: { total: number; available: number };
}

export async function examineSystem(): Promise<System> {
  // Huge where nothing is constrained.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    version: VERSION,
    node: process.versions.node,
    operatingSystem: `${await operatingSystem()}, ${arch()}`,
    processor: cpus()[0]?.model.trim() || arch(),
    cores: availableParallelism(),
    memory: { total: Math.min(totalmem(), constrained), available: process.availableMemory() },
  };
}

// --- internal ---

async function operatingSystem(): Promise<string> {
  if (platform() === "win32") return version();
  const description = await readFile("/etc/os-release", "utf8").catch(() => "");
  const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(description)?.[1];
  return name === undefined ? `${type()} ${release()}` : `${name} (${type()} ${release()})`;
}
