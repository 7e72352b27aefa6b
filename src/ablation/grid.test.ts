import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseGrid, readGrid } from "./grid.ts";
import { openGrid, shippedGrids } from "./shipped-grids.ts";

describe("rows", () => {
  test("take what all rows have, and their own before it", () => {
    const grid = parseGrid(
      { all: { epochs: 3, seed: 5 }, rows: [{ name: "a" }, { name: "b", switches: { epochs: 7 } }] },
      "mine",
    );
    expect(grid.title).toBe("mine");
    expect(grid.rows.map(({ switches }) => switches)).toEqual([
      { epochs: 3, seed: 5 },
      { epochs: 7, seed: 5 },
    ]);
    expect(grid.rows[0]).toMatchObject({ prompts: "learned", data: "train" });
  });

  test("of a sweep are all combinations, the last switch running fastest", () => {
    const { rows } = parseGrid({ sweep: { deepDepth: [1, 9], loss: ["global", "both"] } }, "mine");
    expect(rows.map(({ name }) => name)).toEqual([
      "deepDepth 1, loss global",
      "deepDepth 1, loss both",
      "deepDepth 9, loss global",
      "deepDepth 9, loss both",
    ]);
  });
});

test.each([
  [[], /the grid must be a mapping/],
  [{}, /it has no rows/],
  [{ rows: [{}] }, /row 1: name must be text/],
  [{ rows: [{ name: "a" }, { name: "a" }] }, /two rows are called "a"/],
  [{ rows: [{ name: "a", switches: { depth: 3 } }] }, /row 1: there is no switch "depth"; known are .*deepDepth/],
  [{ rows: [{ name: "a", switches: { epochs: "3" } }] }, /row 1: epochs must be number, got "3"/],
  [
    { rows: [{ name: "a", switches: { epochs: 0 } }] },
    /row 1: the epochs? must be a whole number from 1|row 1: epochs must be/,
  ],
  [{ rows: [{ name: "a", prompts: "magic" }] }, /prompts must be one of learned, clip, clip-ac/],
  [{ rows: [{ name: "a" }], epochs: 3 }, /the grid: there is no "epochs"/],
  [{ sweep: { seed: Array.from({ length: 300 }, (_, i) => i) } }, /more than 200 rows/],
])("%j is refused", (content, message) => {
  expect(() => parseGrid(content, "mine")).toThrow(message);
});

test("files: YAML and JSON are read; what is neither, too large or a bomb is one line with the file's name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "anomalyclip-grid-"));
  const file = join(folder, "grid.yaml");
  const read = async (text: string) => {
    await writeFile(file, text);
    return readGrid(file);
  };
  try {
    expect((await read('{"rows": [{"name": "a"}]}')).rows).toHaveLength(1);
    expect((await read("rows:\n  - name: a\n")).title).toBe("grid");
    await expect(read("rows: [")).rejects.toThrow(/grid\.yaml: neither YAML nor JSON/);
    await expect(read(`# ${"x".repeat(2 ** 20)}`)).rejects.toThrow(/grid\.yaml: cannot be read/);
    const bomb = Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1},`.repeat(9) : "x,"}]`).join(
      "\n",
    );
    await expect(read(bomb)).rejects.toMatchObject({ code: "E_CONFIG" });
    await expect(readGrid(join(folder, "none.yaml"))).rejects.toThrow(/none\.yaml: cannot be read/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("shipped grids", async () => {
  test.each(await shippedGrids())("%s can be read, and says what it compares", async (name) => {
    const grid = await openGrid(name);
    expect(grid.rows.length).toBeGreaterThan(1);
    expect(grid.description).not.toBe("");
  });

  test("of the embedded model too", async () => {
    const folder = fileURLToPath(new URL("../../models/mini/grids/", import.meta.url));
    for (const file of readdirSync(folder)) expect((await readGrid(join(folder, file))).rows).toHaveLength(5);
  });

  test("modules are added one after another", async () => {
    const { rows } = await openGrid("modules");
    expect(rows.map(({ prompts, switches }) => [prompts, switches])).toEqual([
      ["clip", { attention: "none" }],
      ["clip", {}],
      ["learned", { deepDepth: 1 }],
      ["learned", {}],
      ["learned", { layers: [6, 12, 18, 24] }],
    ]);
  });
});
