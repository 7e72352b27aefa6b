/**
 * Prints the paper's ablations on drawn pictures, with the embedded model, and writes them to `ablations.md` in `--out`.
 *
 *   npm run mini:ablate -- [--out FOLDER] [--good 10] [--per-defect 1] [--grids modules,losses]
 *
 * Prompts are learned on the training half of the procedural categories and kinds of defects and judged on the other.
 * With `--out`, a run that was broken off goes on.
 */

import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatAblation } from "../../src/ablation/ablation-table.ts";
import { readGrid } from "../../src/ablation/grid.ts";
import { runAblation } from "../../src/ablation/run-ablation.ts";
import { openGrid } from "../../src/ablation/shipped-grids.ts";
import { categories } from "../../src/datasets/procedural/categories.ts";
import { writeProceduralSet } from "../../src/datasets/procedural/write.ts";

const { values: options } = parseArgs({
  options: {
    out: { type: "string" },
    good: { type: "string", default: "10" },
    "per-defect": { type: "string", default: "1" },
    grids: { type: "string", default: "modules,without-modules,losses,attention" },
  },
});

const folder = options.out ?? (await mkdtemp(join(tmpdir(), "anomalyclip-ablations-")));
const sizes = { good: Number(options.good), perDefect: Number(options["per-defect"]) };
const tables: string[] = [];
for (const split of ["train", "held-out"] as const) {
  const set = join(folder, split);
  // Prompts that name the object need to: the small model does not know these names.
  const named = categories.filter((category) => category.split === split && !["wood", "knit"].includes(category.name));
  if (!existsSync(set)) {
    const names = named.map(({ name }) => name);
    await writeProceduralSet(set, { categories: names, defectSplit: split, ...sizes, seed: split === "train" ? 3 : 4 });
  }
}
for (const name of options.grids.split(",")) {
  // The small model has 8 blocks, where the paper's has 24.
  const own = new URL(`grids/${name}.yaml`, import.meta.url).pathname;
  const table = await runAblation(
    {
      grid: existsSync(own) ? await readGrid(own) : await openGrid(name),
      data: { train: [join(folder, "train")] },
      test: [join(folder, "held-out")],
      out: join(folder, name),
      mode: "resume",
      cacheDir: join(folder, "features"),
    },
    { onRow: (row) => console.log(`${name}: ${row.name}`) },
  );
  tables.push(formatAblation(table!, "markdown"));
}
console.log(tables.join("\n"));
await writeFile(join(folder, "ablations.md"), tables.join("\n"));
if (options.out === undefined) await rm(folder, { recursive: true });
