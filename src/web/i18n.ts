/** What the page says, in the language that was chosen. */

import { en, type Messages } from "./messages/en.ts";
import { ko } from "./messages/ko.ts";
import { stored } from "./stored.ts";

/** Languages by their own names. */
export const LANGUAGES = { en: "English", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

const MESSAGES: Record<Language, Messages> = { en, ko };

export const language = stored<Language>("language", navigator.language.startsWith("ko") ? "ko" : "en", (value) =>
  Object.hasOwn(LANGUAGES, value),
);

/** A message, its places in braces filled in. */
export function t(key: keyof Messages, values: Readonly<Record<string, string | number>> = {}): string {
  return MESSAGES[language.value][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** A score or threshold, 0..1. */
export function scoreText(value: number): string {
  return value.toFixed(3);
}

/** A share of 1 as a percentage. */
export function percentText(value: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 1 }).format(value);
}

/** An ISO instant in local time. */
export function timeText(iso: string): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso));
}
