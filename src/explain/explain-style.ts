/** The look of the page of an explanation. */

import { PAGE_STYLE } from "../results/page-style.ts";

export const EXPLAIN_STYLE = `${PAGE_STYLE}
h3 { font-size: 15px; margin: 20px 0 8px; }
figure { margin: 0 0 16px; }
figcaption { margin-top: 12px; max-width: 80ch; overflow-wrap: anywhere; }
.panels { overflow-x: auto; }
.panels table { table-layout: fixed; margin: 0 auto; }
.columns-1 table { max-width: 420px; }
.columns-2 table { max-width: 720px; }
.columns-3 table { max-width: 960px; }
.panels td, .panels th { border: 0; padding: 4px; white-space: normal; vertical-align: bottom; }
.panels thead td, .panels tbody th { width: 76px; vertical-align: middle; }
.panels thead th { text-align: center; color: var(--ink); }
.panels td { text-align: center; font-size: 12px; color: var(--soft); vertical-align: top; }
.panels .nothing { vertical-align: middle; }
.panels small { display: block; font-weight: 400; font-size: 12px; color: var(--soft); }
.panels img { display: block; width: auto; height: auto; max-width: 100%; max-height: 340px; margin: 0 auto 2px; border-radius: 4px; background: var(--line); }
.scale { max-width: 320px; margin: 12px 0 0; font-size: 12px; color: var(--soft); }
.scale img { display: block; width: 100%; height: 10px; border-radius: 3px; }
.scale div { display: flex; justify-content: space-between; }
.missing { color: var(--soft); }
.points { margin: 0 0 12px; padding-left: 20px; }
.points li { margin: 4px 0; overflow-wrap: anywhere; }
@media screen and (max-width: 760px) {
  figure.card { padding: 12px; }
  .columns-4 table { min-width: 560px; }
  .columns-3 table { min-width: 440px; }
  .panels thead td, .panels tbody th { width: 58px; padding-left: 0; position: sticky; left: 0; background: var(--card); }
}
@media print {
  h3 { break-after: avoid; }
  .panels { overflow: visible; }
  .panels td, .panels th { padding: 2px; }
  .panels td, .panels small, .scale { font-size: 9px; }
  figcaption { break-before: avoid; }
}
`;
