/** What charts have in common: colours, weights, names and numbers that fit. */

/** Opacity of what stands back. */
export const SOFT = 0.7;

/**
 * Blue, vermilion, green and purple after Okabe and Ito, "Color Universal Design" (2008), the blue lightened: told
 * apart with any colour vision, each with a contrast of 3 or more to white and to near-black alike.
 */
export const COLOURS = ["#1a7fc8", "#d55e00", "#009e73", "#cc79a7"] as const;

/** A longer name would push the others out of the legend, characters. */
const LONGEST_NAME = 48;

/** A name that fits a legend: characters beyond `most` give way. Default: 48 */
export function shorten(name: string, most = LONGEST_NAME): string {
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}

/** Undefined, which gives all ticks the same decimals, unless that would be too long for the margin. */
export function tickFormat(values: readonly number[]): typeof formatNumber | undefined {
  const oneTick = Math.min(...values) === Math.max(...values);
  return !oneTick && values.every((value) => value === 0 || isHandy(value)) ? undefined : formatNumber;
}

/** At most 8 characters. */
export function formatNumber(value: number): string {
  if (value !== 0 && !isHandy(value)) return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  return Number(value.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 5 });
}

// --- internal ---

function isHandy(value: number): boolean {
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6;
}
