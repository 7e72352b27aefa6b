/** Text of the report. What comes from outside passes `nameHtml` or `escapeHtml` before it is in the page. */

import { escapeHtml } from "../../html.ts";

/** Text cut where it is longer than `most` characters. */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Text for an element's content or a quoted attribute: escaped, and cut where it is longer than people call things. */
export function nameHtml(name: string, most = 80): string {
  return escapeHtml(cutText(name, most));
}

/** A whole number as people write it. */
export function countText(value: number): string {
  return value.toLocaleString("en");
}

/** `1 class`, `3 classes`. */
export function pluralText(value: number, one: string, several = `${one}s`): string {
  return `${countText(value)} ${value === 1 ? one : several}`;
}

/** A figure 0..1 in percent with one decimal, as papers print it. */
export function percentText(value: number): string {
  return (100 * value).toFixed(1);
}
