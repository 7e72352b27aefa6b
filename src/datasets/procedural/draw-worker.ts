/** What a drawing thread does. */

import { serve } from "../../runtime/worker-pool.ts";
import { drawSample } from "./draw-sample.ts";

export default serve({ drawSample });
