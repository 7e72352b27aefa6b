/** The version of this package. */

import { readFileSync } from "node:fs";

/** As in `package.json`, such as `0.1.0`. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;
