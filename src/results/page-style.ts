/** The look that all pages of results share: light, dark and on paper. */

export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b1f27; --soft: #626b7a; --line: #e1e5eb;
  --normal: #7c93b5; --abnormal: #d6453d; --badge-normal: #e8eef6; --badge-abnormal: #fbe6e4; --on-badge-normal: #3b5475; --on-badge-abnormal: #a8231c;
  --focus: #2563eb; --note: #d97706;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --card: #1c2027; --ink: #e7eaf0; --soft: #98a2b3; --line: #2d333d;
    --normal: #6f8db8; --abnormal: #f0645b; --badge-normal: #26334a; --badge-abnormal: #4a2323; --on-badge-normal: #b6cbe8; --on-badge-abnormal: #ffb4ae;
    --focus: #7fb0ff; --note: #f0a13c;
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
.tiles dd small { font-size: 14px; font-weight: 400; color: var(--soft); letter-spacing: 0; white-space: nowrap; }
.tiles .hot dd { color: var(--abnormal); }
.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px 20px; margin: 12px 0 0; padding: 14px 20px; font-size: 13px; }
.settings dt { color: var(--soft); }
.settings dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.frame { overflow-x: auto; padding: 0; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-size: 13px; font-weight: 600; color: var(--soft); padding: 10px 14px; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 14px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
.badge { display: inline-block; border-radius: 999px; padding: 2px 10px; font-size: 13px; font-weight: 600; }
h1 .badge { vertical-align: middle; letter-spacing: 0; }
.badge.normal { background: var(--badge-normal); color: var(--on-badge-normal); }
.badge.abnormal { background: var(--badge-abnormal); color: var(--on-badge-abnormal); }
.charts { --plot-background: var(--card); display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 12px; }
.charts svg { display: block; width: 100%; max-width: 640px; height: auto; }
.numbers td, .numbers th { text-align: right; padding: 8px 14px; white-space: nowrap; }
.numbers th:first-child { text-align: left; }
.numbers tbody th, .numbers tfoot th { color: inherit; font-size: inherit; }
.numbers .text { white-space: normal; overflow-wrap: anywhere; min-width: 8em; }
.numbers tbody tr:last-child th, .numbers tfoot th { border-bottom: 0; }
.numbers tfoot td, .numbers tfoot th { border-top: 2px solid var(--line); border-bottom: 0; font-weight: 600; }
.numbers .best { background: var(--badge-normal); color: var(--on-badge-normal); }
.notes { padding-left: 38px; border-left: 4px solid var(--note); overflow-wrap: anywhere; }
@media screen and (max-width: 760px) {
  main { padding: 24px 14px 48px; }
  .charts .card { padding: 14px; }
  .numbers td, .numbers th { padding: 8px 10px; }
}
@media screen and (max-width: 480px) {
  .tiles .card { padding: 14px; }
  .charts text { font-size: 15px; }
  .numbers td, .numbers th { padding: 8px 7px; }
  .numbers .text { min-width: 5em; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc;
    --normal: #7c93b5; --abnormal: #d6453d; --badge-normal: #e8eef6; --badge-abnormal: #fbe6e4; --on-badge-normal: #3b5475; --on-badge-abnormal: #a8231c;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 11px; }
  h2 { break-after: avoid; }
  .tiles dd { font-size: 24px; }
  main { max-width: none; padding: 0; }
  .card { border-radius: 0; break-inside: avoid; }
  .frame { overflow: visible; break-inside: auto; border: 0; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  td, th { padding: 8px 6px; }
  .charts { grid-template-columns: 1fr 1fr; }
  .charts .card { padding: 8px; }
  .numbers td, .numbers th { padding: 3px 6px; }
}
`;
