/** Text made safe for HTML. */

/** `text` for an element's content or a quoted attribute; control and direction-changing characters become visible. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, "\u{FFFD}")
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** A relative path (with forward slashes) as a link that can only lead to a file, whatever the path spells. */
export function fileHref(path: string): string {
  // Half a surrogate pair, possible in a Windows file name, cannot be encoded.
  const plain = path.replace(/\p{Cs}/gu, "\u{FFFD}");
  const encoded = plain.split("/").map(encodeURIComponent).join("/");
  return escapeHtml(encoded.startsWith("/") || encoded.startsWith(".") ? encoded : `./${encoded}`);
}
