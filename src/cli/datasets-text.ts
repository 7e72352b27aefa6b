/** What `anomalyclip datasets` says to people. */

import type { Benchmark, PublishedCounts } from "../datasets/benchmarks/benchmark.ts";
import type { DatasetCheck } from "../datasets/check/check-dataset.ts";
import type { Finding } from "../datasets/check/findings.ts";
import { printable } from "../printable.ts";

const NOT_KNOWN = "not known";

/** A table of all benchmarks. */
export function describeList(benchmarks: readonly Benchmark[]): string {
  const rows = benchmarks.map(({ id, title, classes, published, masks, licence, homePage }) => {
    const counts = published[0] && `${published[0].test.normal} + ${published[0].test.abnormal}`;
    return [id, title, `${classes.length}`, counts ?? NOT_KNOWN, masks ? "yes" : "no", licence ?? NOT_KNOWN, homePage];
  });
  const head = ["ID", "TITLE", "CLASSES", "TEST PICTURES", "MASKS", "LICENCE", "HOME PAGE"];
  return (
    `${table([head, ...rows])}\nTest pictures are normal + abnormal. "anomalyclip datasets <id>" tells more.\n` +
    "Your own pictures: anomalyclip datasets check folder <root>, or csv or meta for a CSV or a meta.json.\n"
  );
}

/** Everything about one benchmark. */
export function describeBenchmark(benchmark: Benchmark): string {
  const { id, title, domain, classes, homePage, download, licence, downloadSize, published, layouts } = benchmark;
  const facts: [string, string][] = [
    ["home page", homePage],
    ...(download === undefined ? [] : [["download", download] as [string, string]]),
    ["licence", licence ?? NOT_KNOWN],
    ["download size", downloadSize ?? NOT_KNOWN],
    ["domain", domain],
    [classes.length === 1 ? "class" : "classes", classes.join(", ")],
    ["masks", benchmark.masks ? "yes" : "none"],
    ["normal pictures", benchmark.normalPictures ? "yes" : "none"],
    ...(published.length === 0 ? [["published counts", NOT_KNOWN] as [string, string]] : published.map(countsOf)),
  ];
  const notes = benchmark.notes.map((note) => `\n${note}`).join("");
  const trees = layouts.map(({ name, tree }) => `\nFolders, ${name}:\n${indent(tree)}\n`);
  return `${id}: ${title}\n\n${table(facts)}${notes === "" ? "" : `${notes}\n`}${trees.join("")}`;
}

/** What a check found, problems first. */
export function describeCheck(check: DatasetCheck): string {
  const { id, folder, layout, classes, published, problems, notes } = check;
  const sum = (of: (one: DatasetCheck["classes"][number]) => number) => classes.reduce((all, one) => all + of(one), 0);
  const numbers = [
    ["TRAIN NORMAL", sum((one) => one.train.normal), (one: DatasetCheck["classes"][number]) => one.train.normal],
    ["TRAIN ABNORMAL", sum((one) => one.train.abnormal), (one) => one.train.abnormal],
    ["TEST NORMAL", sum((one) => one.test.normal), (one) => one.test.normal],
    ["TEST ABNORMAL", sum((one) => one.test.abnormal), (one) => one.test.abnormal],
    ["MASKS", sum((one) => one.masks), (one) => one.masks],
  ] as [string, number, (one: DatasetCheck["classes"][number]) => number][];
  // A column of zeros says nothing, but for masks.
  const shown = numbers.filter(([name, total]) => total > 0 || name === "MASKS");
  const rows = classes.map((one) => [printable(one.name), ...shown.map(([, , of]) => `${of(one)}`)]);
  const total = classes.length > 1 ? [["all", ...shown.map(([, number]) => `${number}`)]] : [];
  const lines = [
    `${id}: ${printable(folder)}${layout === null ? "" : `, ${layout}`}\n`,
    `\n${table([["CLASS", ...shown.map(([name]) => name)], ...rows, ...total])}`,
    published && published.differences.length === 0 ? `\nThe counts are those published (${published.name}).\n` : "",
    published === null && layout !== null ? "\nNo counts are known to compare with.\n" : "",
    ...section("Problems", problems),
    ...section("Notes", notes),
    problems.length === 0
      ? "\nWhole and sound.\n"
      : `\n${problems.length === 1 ? "1 problem" : `${problems.length} problems`}.\n`,
  ];
  return lines.join("");
}

// --- internal ---

function countsOf({ name, train, test, masks }: PublishedCounts): [string, string] {
  const trained = train ? `train ${train.normal} normal, ${train.abnormal} abnormal; ` : "";
  const counted = `${trained}test ${test.normal} normal, ${test.abnormal} abnormal, ${masks} masks`;
  return ["published counts", `${counted} (${name})`];
}

function section(title: string, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ text, count, examples }) => {
    const more = count > examples.length && examples.length > 0 ? [`    and ${count - examples.length} more`] : [];
    return [`  ${printable(text)}`, ...examples.map((example) => `    ${printable(example)}`), ...more];
  });
  return [`\n${title}:\n${lines.join("\n")}\n`];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  // Numbers stand below each other by their last digits.
  const isNumber = rows[0]!.map((_, column) => rows.slice(1).every((row) => /^\d+$/.test(row[column]!)));
  const pad = (cell: string, column: number) =>
    isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  const line = (row: readonly string[]) => row.map(pad).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
