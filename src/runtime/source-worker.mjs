/**
 * Starts a worker module that is TypeScript, as tests and benches run it: Node 20 does not hand the loader on to threads.
 * Not part of the built program.
 */

import { register } from "tsx/esm/api";

register();
const { default: serve } = await import(process.argv[2]);
export default serve;
