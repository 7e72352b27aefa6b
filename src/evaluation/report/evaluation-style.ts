/** The look of the report of an evaluation. */

import { PAGE_STYLE } from "../../results/page-style.ts";

export const EVALUATION_STYLE = `${PAGE_STYLE}
h3 { font-size: 15px; margin: 24px 0 10px; overflow-wrap: anywhere; }
h1, .soft { overflow-wrap: anywhere; }
a { color: inherit; }
.small, small { font-size: 13px; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); }
.tiles .card { padding: 14px 16px; }
.tiles dd { font-size: 26px; white-space: nowrap; }
.tiles dd small { font-size: 13px; }
.tiles dd .under { display: block; white-space: normal; line-height: 1.35; }
.figures thead th { white-space: normal; vertical-align: bottom; }
.figures td, .figures th { padding: 8px; }
.figures th:first-child { padding-left: 14px; }
.figures td:last-child, .figures th:last-child { padding-right: 14px; }
.figures th.text, .figures thead th:first-child { position: sticky; left: 0; z-index: 1; background: var(--card); }
.figures .text { min-width: 9em; }
.figures .text small { display: block; font-weight: 400; color: var(--soft); }
.figures .badge { font-size: 12px; padding: 0 8px; }
.figures tbody + tbody td, .figures tbody + tbody th.text { background: var(--page); }
.figures tbody + tbody tr:first-child > * { border-top: 2px solid var(--line); }
.figures td.soft { color: var(--soft); }
.figures sup { position: absolute; line-height: 1.2; margin-left: 1px; font-size: 10px; font-weight: 400; color: var(--soft); }
.footnotes { margin: 8px 0 12px; }
.footnotes span { display: inline-block; margin-right: 14px; }
.frame { position: relative; }
.frame + p { margin-top: 8px; }
.more { margin-top: 12px; }
.more summary { cursor: pointer; font-weight: 600; padding: 4px 0; overflow-wrap: anywhere; }
.more summary:focus-visible, a:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.more[open] summary { margin-bottom: 8px; }
.definitions { margin: 0; font-size: 13px; display: grid; gap: 10px; }
.definitions dt { font-weight: 600; }
.definitions dd { margin: 0; color: var(--soft); }
.alone { grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }
.multiples { grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); }
.exhibits { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 12px; }
.exhibits figure { margin: 0; padding: 12px; }
.exhibits p { margin: 0 0 4px; overflow-wrap: anywhere; }
.exhibits .wrong { color: var(--abnormal); font-weight: 600; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; margin-bottom: 10px; }
.pair img { display: block; width: 100%; height: auto; max-height: 260px; object-fit: contain; border-radius: 6px; background: var(--page); }
.protocol .settings { grid-template-columns: repeat(auto-fill, minmax(min(100%, 240px), 1fr)); }
@media screen and (max-width: 480px) {
  .multiples text { font-size: 13px; }
}
@media print {
  .more::details-content { content-visibility: visible; block-size: auto; }
  .exhibits, .multiples { grid-template-columns: repeat(3, 1fr); }
  .exhibits figure, .figures tr { break-inside: avoid; }
  .figures td, .figures th { padding: 2px 3px; font-size: 9.5px; }
  .figures th.text { min-width: 8em; font-size: 9.5px; }
  .figures .badge { font-size: 8px; padding: 0 5px; }
  .figures sup { font-size: 7px; }
  .small, small, .figures .text small, .definitions { font-size: 9.5px; }
}
`;
