/** The look of the report of a detection. */

import { PAGE_STYLE } from "./page-style.ts";

export const REPORT_STYLE = `${PAGE_STYLE}
.histogram { display: block; width: 100%; height: auto; }
.histogram .normal { fill: var(--normal); }
.histogram .abnormal { fill: var(--abnormal); }
.histogram line.axis { stroke: var(--line); stroke-width: 1.5; }
.histogram line.threshold { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 4; }
.histogram text { fill: var(--soft); font-size: 13px; }
.legend { display: flex; gap: 18px; margin: 0 0 8px; font-size: 13px; color: var(--soft); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
.legend .normal { background: var(--normal); }
.legend .abnormal { background: var(--abnormal); }
.failed li { margin: 4px 0; overflow-wrap: anywhere; }
.failed ul { margin: 0; padding-left: 20px; }
th button { all: unset; cursor: pointer; color: inherit; border-radius: 4px; padding: 2px 4px; margin: -2px -4px; }
th button:hover { color: var(--ink); }
th button:focus-visible, a:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
th button::after { content: " \\2195"; opacity: 0.45; }
th[aria-sort="ascending"] button::after { content: " \\2191"; opacity: 1; }
th[aria-sort="descending"] button::after { content: " \\2193"; opacity: 1; }
.pair { display: flex; gap: 8px; }
.pair img { display: block; width: auto; height: auto; max-width: 168px; max-height: 168px; border-radius: 6px; background: var(--line); }
.name { overflow-wrap: anywhere; min-width: 190px; }
.name a { color: inherit; font-weight: 600; text-decoration: none; }
.name div { font-size: 13px; margin-top: 2px; }
.name a:hover { text-decoration: underline; }
.score { min-width: 120px; font-size: 20px; font-weight: 650; letter-spacing: -0.01em; }
.score svg { display: block; width: 110px; height: 6px; margin-top: 6px; }
.score .rail { fill: var(--line); }
.score .normal { fill: var(--normal); }
.score .abnormal { fill: var(--abnormal); }
.regions { min-width: 230px; font-size: 13px; color: var(--soft); }
.regions ol { margin: 0; padding-left: 18px; }
.regions b { color: var(--ink); }
a.file, .tiles a { color: inherit; }
@media screen and (max-width: 760px) {
  thead tr { display: flex; flex-wrap: wrap; }
  th:not(:has(button)) { display: none; }
  thead th { border: 0; }
  tbody tr { display: block; padding: 14px; border-top: 1px solid var(--line); }
  td { display: block; border: 0; padding: 4px 0; }
  .pair img { max-width: min(168px, 42vw); }
}
@media print {
  .name, .score, .regions { min-width: 0; }
  .pair img { max-width: 110px; max-height: 110px; }
  th button::after { content: ""; }
  th[aria-sort] button::after { opacity: 0; }
}
`;
