/** Colour maps, each a few evenly spaced stops of the published table: within 7 of 255 levels of it everywhere. */

export type ColormapName = "turbo" | "inferno" | "gray";

/** The names that `buildColormap` knows, in the order in which a menu should show them. */
export const COLORMAPS: readonly ColormapName[] = ["turbo", "inferno", "gray"];

/** RGB in hexadecimal, from the lowest value to the highest. */
const STOPS: Record<ColormapName, string> = {
  // A. Mikhailov, "Turbo, An Improved Rainbow Colormap for Visualization", 2019.
  turbo:
    "30123b 4143a7 4771e9 3e9bfe 22c5e2 1ae4b6 46f884 88ff4e b9f635 e1dd37 faba39 fd8d27 f05b12 d63506 af1801 7a0403",
  // N. Smith and S. van der Walt, matplotlib, 2015.
  inferno:
    "000004 0c0826 240c4f 420a68 5d126e 781c6d 932667 ae305c c73e4c dd513a ed6925 f8850f fca50a fac62d f2e661 fcffa4",
  gray: "000000 ffffff",
};

/** `[256, 3]`: the colours of 0, 1/255, ..., 1, as 8-bit RGB. */
export function buildColormap(name: ColormapName): Uint8Array {
  const stops = STOPS[name].split(" ").map((stop) => Number.parseInt(stop, 16));
  const colours = new Uint8Array(256 * 3);
  for (let level = 0; level < 256; level++) {
    const position = (level * (stops.length - 1)) / 255;
    const below = Math.min(Math.trunc(position), stops.length - 2);
    for (let c = 0; c < 3; c++) {
      const [from, to] = [stops[below]!, stops[below + 1]!].map((stop) => (stop >> (16 - 8 * c)) & 255) as [
        number,
        number,
      ];
      colours[level * 3 + c] = Math.round(from + (position - below) * (to - from));
    }
  }
  return colours;
}
