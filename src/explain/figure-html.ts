/** A figure inside a page: a table of panels, whose words are the page's own text. */

import { escapeHtml } from "../html.ts";
import { encodeJpeg, encodePng } from "../image/encode.ts";
import { type Figure, type Heading, scaleBar } from "./figure.ts";

/** @param caption HTML: what one sees */
export async function figureHtml({ columns, rows, scale, name }: Figure, caption: string): Promise<string> {
  const named = rows.some(({ heading }) => heading !== null);
  const head = columns.map((heading) => `<th scope="col">${headingHtml(heading)}</th>`);
  const body: string[] = [];
  for (const { heading, panels } of rows) {
    const cells: string[] = [];
    for (const panel of panels) {
      if (typeof panel === "string") {
        cells.push(`<td class="nothing">${escapeHtml(panel)}</td>`);
        continue;
      }
      const data = base64(await encodeJpeg(panel.image, JPEG_QUALITY));
      cells.push(
        `<td><img alt="${escapeHtml(panel.alt)}" width="${panel.image.width}" height="${panel.image.height}" src="data:image/jpeg;base64,${data}"><span>${escapeHtml(panel.caption)}</span></td>`,
      );
    }
    body.push(`<tr>${heading ? `<th scope="row">${headingHtml(heading)}</th>` : ""}${cells.join("")}</tr>`);
  }
  const bar = base64(await encodePng(scaleBar(BAR_WIDTH, 1)));
  return `<figure class="card">
<div class="panels columns-${columns.length}"><table>
<thead><tr>${named ? "<td></td>" : ""}${head.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>
<div class="scale"><img alt="" src="data:image/png;base64,${bar}"><div>${scale.ticks.map((tick) => `<span>${escapeHtml(tick)}</span>`).join("")}</div>${escapeHtml(scale.label)}</div>
<figcaption>${caption} <span class="soft">(${escapeHtml(name)}.png)</span></figcaption>
</figure>
`;
}

// --- internal ---

const JPEG_QUALITY = 88;
const BAR_WIDTH = 256;

function headingHtml({ text, detail }: Heading): string {
  return `${escapeHtml(text)}${detail === undefined ? "" : `<small>${escapeHtml(detail)}</small>`}`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
