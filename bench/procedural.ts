/**
 * Pictures a second of the procedural world: drawn in one thread, and written as a set by all.
 *
 *   npm run bench:procedural
 */

import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { categories } from "../src/datasets/procedural/categories.ts";
import { defects } from "../src/datasets/procedural/defects.ts";
import { renderSample } from "../src/datasets/procedural/render.ts";
import { writeProceduralSet } from "../src/datasets/procedural/write.ts";
import { seconds } from "./machine-rate.ts";
import { record } from "./record.ts";

/** Sound pictures of each category and part of the set; of each kind of defect there is one. */
const GOOD = 4;

for (const size of [128, 256]) {
  let drawn = 0;
  const alone = await seconds(async () => {
    for (const category of categories) {
      const kinds = defects.filter((kind) => kind.appliesTo(category)).map(({ name }) => name);
      for (const [seed, defect] of [...Array<null>(2 * GOOD).fill(null), ...kinds].entries()) {
        renderSample({ category: category.name, defect, seed, size });
        drawn++;
      }
    }
  });
  const folder = await mkdtemp(join(tmpdir(), "anomalyclip-procedural-"));
  let written = 0;
  const together = await seconds(async () => {
    written = await writeProceduralSet(join(folder, "set"), { size, good: GOOD, perDefect: 1 });
  });
  await rm(folder, { recursive: true });
  const [one, all] = [drawn / alone, written / together];
  console.log(
    `${size} x ${size} pixels, ${drawn} pictures, ${Math.round((100 * (drawn - 2 * GOOD * categories.length)) / drawn)} % with a defect`,
  );
  console.log(`  drawn in one thread      ${one.toFixed(1)} pictures a second`);
  console.log(
    `  written by ${availableParallelism()} threads     ${all.toFixed(1)} pictures a second, ${(all / one).toFixed(2)} times as many`,
  );
  record("procedural", `${size} px, written by all threads`, all, "pictures/s", all / one);
}
