/** The order that people expect of numbered names. */

const collator = new Intl.Collator("en", { numeric: true });

/** Compares two names for sorting: `2.png` before `10.png`. Different names are never equal. */
export function compareNaturally(a: string, b: string): number {
  if (a === b) return 0;
  return collator.compare(a, b) || (a < b ? -1 : 1);
}
