/** A folder that lives as long as a test file, for tests that need real files. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";

export interface TemporaryFolder {
  /** The path of `name` inside the folder. */
  path(name: string): string;
  /** Writes a file and returns its path. */
  write(name: string, content: Uint8Array | string): Promise<string>;
}

export function useTemporaryFolder(): TemporaryFolder {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "anomalyclip-weights-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    path,
    write: async (name, content) => {
      await writeFile(path(name), content);
      return path(name);
    },
  };
}
