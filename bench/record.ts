/** Figures that a bench found, for the table and the JSON file of `npm run bench`. */

import { appendFileSync } from "node:fs";

/** One figure. */
export interface Figure {
  bench: string;
  name: string;
  value: number;
  unit: string;
  /** How many times as long as the machine's own rate would need. */
  ratio?: number;
}

/** Notes a figure where `npm run bench` asked for it; a bench that is run by itself only prints. */
export function record(bench: string, name: string, value: number, unit: string, ratio?: number): void {
  const file = process.env.BENCH_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ bench, name, value, unit, ratio } satisfies Figure)}\n`);
}
