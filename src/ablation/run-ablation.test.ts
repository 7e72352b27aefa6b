import { access } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { referencePath } from "../../test/reference/reference.ts";
import { writeProceduralSet } from "../datasets/procedural/write.ts";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { parseGrid } from "./grid.ts";
import { type AblationOptions, runAblation } from "./run-ablation.ts";

const temporary = useTemporaryFolder();

beforeAll(async () => {
  const kinds = { categories: ["washer"], defects: ["scratch"], good: 2, perDefect: 2, size: 64 } as const;
  await writeProceduralSet(temporary.path("set"), kinds);
});

/** One row of hand-written prompts, for which nothing is trained. */
const HAND_WRITTEN = { rows: [{ name: "hand-written", prompts: "clip-ac" }] };
const LEARNED = { rows: [{ name: "learned" }] };

async function ablate(out: string, grid: unknown, changes: Partial<AblationOptions> = {}) {
  return runAblation({
    grid: parseGrid(grid, "grid"),
    data: { train: [temporary.path("set")] },
    test: [temporary.path("set")],
    model: referencePath("clip.safetensors"),
    switches: { imageSize: 64, layers: [4, 6], dpamFrom: 4 },
    object: "metal nut",
    cacheDir: temporary.path("features"),
    threads: 1,
    out: temporary.path(out),
    ...changes,
  });
}

test.each([
  ["to learn from", { data: { train: ["sett"] } }, /sett: no such file/],
  ["to judge by", { test: ["sett"] }, /sett: no such file/],
  ["of a class that is not there", { testClasses: ["bolt"] }, /unknown class "bolt"/],
])("a data set %s is missed before anything is learned or written", async (_, changes, message) => {
  await expect(ablate("mistyped", LEARNED, changes)).rejects.toThrow(message);
  await expect(access(temporary.path("mistyped"))).rejects.toThrow("ENOENT");
});

test("a folder is held by rows, not by an attempt that failed before the first", async () => {
  await expect(ablate("held", HAND_WRITTEN, { object: "gizmo" })).rejects.toThrow(/"gizmo"/);
  await access(join(temporary.path("held"), "rows"));
  expect((await ablate("held", HAND_WRITTEN))!.rows).toHaveLength(1);
  await expect(ablate("held", HAND_WRITTEN)).rejects.toThrow(/already holds an ablation/);
  await expect(
    ablate("held", HAND_WRITTEN, { mode: "resume", test: [join(temporary.path("set"), "meta.json")] }),
  ).rejects.toThrow(/test was/);
});
