/** HTML character references as CLIP's tokenizer resolves them, once per call, before it splits a text into words. */

/**
 * Replaces `&#233;`, `&#xE9;` and the named references of HTML 2 to 4's Latin-1 set (`&eacute;`, `&amp;`, ...) and common
 * punctuation by their characters, with the rules of Python's `html.unescape`: a Latin-1 name needs no semicolon, numbers
 * 128 to 159 mean Windows-1252, impossible code points become U+FFFD and control characters vanish. Other names (Greek,
 * mathematics) stay as they are written.
 */
export function unescapeHtml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu, (reference, body: string) =>
    body.startsWith("#") ? characterOf(body) : (namedCharacter(body) ?? reference),
  );
}

// --- internal ---

/** U+00A0 to U+00FF in order. */
const LATIN1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro " +
  "para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil " +
  "Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave " +
  "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml " +
  "igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute " +
  "thorn yuml";

/** 0x80 to 0x9F as Windows-1252 shows them: what browsers make of such numbers. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

const NAMES = new Map<string, string>([
  ...LATIN1.split(" ").map((name, index): [string, string] => [name, String.fromCodePoint(0xa0 + index)]),
  ...Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', AMP: "&", LT: "<", GT: ">", QUOT: '"' }),
  ...Object.entries({ COPY: "©", REG: "®" }),
]);

/** Names that count only with their semicolon. */
const NAMES_WITH_SEMICOLON = new Map<string, string>([
  ...[...NAMES].map(([name, character]): [string, string] => [`${name};`, character]),
  ...Object.entries({ "apos;": "'", "lsquo;": "‘", "rsquo;": "’", "ldquo;": "“", "rdquo;": "”", "sbquo;": "‚" }),
  ...Object.entries({ "ndash;": "–", "mdash;": "—", "hellip;": "…", "bull;": "•", "euro;": "€", "trade;": "™" }),
]);

function namedCharacter(body: string): string | undefined {
  const whole = NAMES_WITH_SEMICOLON.get(body) ?? NAMES.get(body);
  if (whole !== undefined) return whole;
  for (let length = body.length - 1; length > 1; length--) {
    const character = NAMES.get(body.slice(0, length));
    if (character !== undefined) return character + body.slice(length);
  }
  return undefined;
}

function characterOf(body: string): string {
  const hexadecimal = body[1] === "x" || body[1] === "X";
  const code = Number.parseInt(body.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252[code - 0x80]!;
  const isControl = code < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(code);
  const isNonCharacter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
  return isControl || code === 0x7f || isNonCharacter ? "" : String.fromCodePoint(code);
}
