/** How this person likes to see pictures. */

import { COLORMAPS, type ColormapName } from "../image/colormap.ts";
import { stored } from "./stored.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const theme = stored<Theme>("theme", "auto", (value) => THEMES.includes(value));
export const colormap = stored<ColormapName>("colormap", COLORMAPS[0]!, (value) => COLORMAPS.includes(value));
/** Of the highest map value, 0..1. */
export const opacity = stored<number>("opacity", 0.6, (value) => value >= 0 && value <= 1);
export const boxes = stored<boolean>("boxes", true, () => true);
export const sideBySide = stored<boolean>("sideBySide", true, () => true);
