/** The look of the report: light, dark and on paper. */

export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b1f27; --soft: #626b7a; --line: #e1e5eb;
  --normal: #7c93b5; --abnormal: #d6453d; --badge-normal: #e8eef6; --badge-abnormal: #fbe6e4; --on-badge-normal: #3b5475; --on-badge-abnormal: #a8231c;
  --focus: #2563eb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --card: #1c2027; --ink: #e7eaf0; --soft: #98a2b3; --line: #2d333d;
    --normal: #6f8db8; --abnormal: #f0645b; --badge-normal: #26334a; --badge-abnormal: #4a2323; --on-badge-normal: #b6cbe8; --on-badge-abnormal: #ffb4ae;
    --focus: #7fb0ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1160px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.02em; }
h2 { font-size: 17px; margin: 40px 0 12px; }
p { margin: 0 0 12px; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 24px 0 12px; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -0.02em; }
.tiles dd small { font-size: 14px; font-weight: 400; color: var(--soft); letter-spacing: 0; }
.tiles .hot dd { color: var(--abnormal); }
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
.protocol { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px 20px; margin: 12px 0 0; padding: 14px 20px; font-size: 13px; }
.protocol dt { color: var(--soft); }
.protocol dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.failed li { margin: 4px 0; overflow-wrap: anywhere; }
.failed ul { margin: 0; padding-left: 20px; }
.frame { overflow-x: auto; padding: 0; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-size: 13px; font-weight: 600; color: var(--soft); padding: 10px 14px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th button { all: unset; cursor: pointer; color: inherit; border-radius: 4px; padding: 2px 4px; margin: -2px -4px; }
th button:hover { color: var(--ink); }
th button:focus-visible, a:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
th button::after { content: " \\2195"; opacity: 0.45; }
th[aria-sort="ascending"] button::after { content: " \\2191"; opacity: 1; }
th[aria-sort="descending"] button::after { content: " \\2193"; opacity: 1; }
td { padding: 14px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
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
.badge { display: inline-block; border-radius: 999px; padding: 2px 10px; font-size: 13px; font-weight: 600; }
.badge.normal { background: var(--badge-normal); color: var(--on-badge-normal); }
.badge.abnormal { background: var(--badge-abnormal); color: var(--on-badge-abnormal); }
.regions { min-width: 230px; font-size: 13px; color: var(--soft); }
.regions ol { margin: 0; padding-left: 18px; }
.regions b { color: var(--ink); }
a.file, .tiles a { color: inherit; }
@media screen and (max-width: 760px) {
  main { padding: 24px 14px 48px; }
  thead tr { display: flex; flex-wrap: wrap; }
  th:not(:has(button)) { display: none; }
  thead th { border: 0; }
  tbody tr { display: block; padding: 14px; border-top: 1px solid var(--line); }
  td { display: block; border: 0; padding: 4px 0; }
  .pair img { max-width: min(168px, 42vw); }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc;
    --normal: #7c93b5; --abnormal: #d6453d; --badge-normal: #e8eef6; --badge-abnormal: #fbe6e4; --on-badge-normal: #3b5475; --on-badge-abnormal: #a8231c;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 11px; }
  main { max-width: none; padding: 0; }
  .card { border-radius: 0; break-inside: avoid; }
  .frame { overflow: visible; break-inside: auto; border: 0; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  td, th { padding: 8px 6px; }
  .name, .score, .regions { min-width: 0; }
  .pair img { max-width: 110px; max-height: 110px; }
  th button::after { content: ""; }
  th[aria-sort] button::after { opacity: 0; }
}
`;
