/** Names found in a file may hold anything: this makes them safe to show in a one-line message. */

/** The longest tensor name that is accepted, characters: names are matched and shown, so they must stay small. */
export const MAX_NAME_LENGTH = 1024;

/** `text` in single quotes, at most 80 characters, control characters shown as `?`. */
export function quoteName(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return `'${short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?")}'`;
}

/** `[2, 3]`, the way shapes are written in messages. */
export function showShape(shape: readonly number[]): string {
  return shape.length > 8 ? `[${shape.slice(0, 8).join(", ")}, ...]` : `[${shape.join(", ")}]`;
}
