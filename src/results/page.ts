/** What every page of results is made of: the shell with its policy, tiles, lists of settings. */

import { createHash } from "node:crypto";
import { escapeHtml } from "../html.ts";

export interface PageShell {
  /** Plain text. */
  title: string;
  style: string;
  /** The page's only script. Default: none. */
  script?: string;
}

/** The beginning of a page. Its policy lets in this style, this script and pictures inside the page: nothing else. */
export function pageStart({ title, style, script }: PageShell): string {
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `style-src '${hashOf(style)}'`,
    script ? `script-src '${hashOf(script)}'` : "",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.filter(Boolean).join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
`;
}

/** The end of a page. */
export function pageEnd({ script }: Pick<PageShell, "script"> = {}): string {
  return `</main>\n${script ? `<script>${script}</script>\n` : ""}</body>\n</html>\n`;
}

/** When the page was made, to the minute. */
export function timeElement(now: Date): string {
  return `<time datetime="${now.toISOString()}">${now.toISOString().slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** One figure of the headline, `label` and `value` in HTML. */
export function tile(label: string, value: string, hot = false): string {
  return `<div class="card${hot ? " hot" : ""}"><dt>${label}</dt><dd>${value}</dd></div>`;
}

/** Names in camel case, shown as words, and their values; plain text. */
export function settingsList(settings: Readonly<Record<string, string | number | boolean>>): string {
  const entries = Object.entries(settings).map(
    ([name, value]) => `<div><dt>${escapeHtml(wordsOf(name))}</dt><dd>${escapeHtml(String(value))}</dd></div>`,
  );
  return `<dl class="card settings">${entries.join("")}</dl>\n`;
}

// --- internal ---

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function wordsOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
