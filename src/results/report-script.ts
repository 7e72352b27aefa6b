/** The only script of the report: a heading's button sorts the rows by that column, the other way at the next press. */

export const REPORT_SCRIPT = `
const body = document.querySelector("tbody");
const compare = {
  score: (a, b) => a.dataset.score - b.dataset.score,
  name: (a, b) => names.compare(a.dataset.name, b.dataset.name),
  verdict: (a, b) => names.compare(a.dataset.verdict, b.dataset.verdict) || b.dataset.score - a.dataset.score,
};
const names = new Intl.Collator(undefined, { numeric: true });
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th");
    const key = button.dataset.sort;
    const first = key === "score" ? "descending" : "ascending";
    const second = key === "score" ? "ascending" : "descending";
    const order = heading.getAttribute("aria-sort") === first ? second : first;
    for (const other of document.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    body.append(...[...body.rows].sort((a, b) => sign * compare[key](a, b)));
  });
}
`;
