/** Results, products and jobs: what the service remembers. */

import type Database from "libsql";
import type { Calibration, Failure, Filter, Job, ListQuery, Product, Result } from "./api.ts";
import { openDatabase } from "./database.ts";

/** A result that was kept. */
export type KeptResult = Result & { id: string };

/** A job as it is remembered, with what it works on. */
export interface StoredJob extends Job {
  /** The folder, by its name; null where files were sent. */
  folder: string | null;
  /** Score from which its pictures are abnormal; null leaves that to the model. */
  threshold: number | null;
}

/** How many results are kept, and for how long. */
export interface Retention {
  /** Days; null without limit. */
  days: number | null;
  /** Results; null without limit. */
  results: number | null;
}

const ORDERS: Record<ListQuery["sort"], string> = {
  newest: "number DESC",
  oldest: "number ASC",
  highest: "score DESC, number DESC",
  lowest: "score ASC, number ASC",
};

/** Rows per transaction when much is deleted, so that requests get in between. */
const SWEEP = 500;

export class History {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();

  /** @throws AnomalyClipError E_CONFIG as `openDatabase` */
  constructor(path: string) {
    this.#database = openDatabase(path);
  }

  /**
   * Keeps a result; of a job, its count and that the picture was looked at in the same transaction: none is ever there
   * without the others.
   *
   * @param picture what the job knows the picture by
   */
  addResult(result: KeptResult, picture = result.image): void {
    const row = rowOf(result);
    this.#transaction(() => {
      this.#statement(
        `INSERT INTO results (${Object.keys(row).join(", ")}) VALUES (${Object.keys(row)
          .map(() => "?")
          .join(", ")})`,
      ).run(...Object.values(row));
      if (result.job !== null) this.#countOf(result.job, picture, result.verdict);
    });
  }

  /** Keeps that a picture of a job could not be looked at, and counts it. */
  addFailure(job: string, { image, error }: Failure, picture = image): void {
    this.#transaction(() => {
      this.#statement("INSERT INTO failures (job, image, error) VALUES (?, ?, ?)").run(job, image, error);
      this.#countOf(job, picture, "failed");
    });
  }

  /** What an open job knows the pictures by that it has looked at. */
  lookedAt(job: string): Set<string> {
    const rows = this.#statement("SELECT picture FROM looked WHERE job = ?").all(job) as { picture: string }[];
    return new Set(rows.map(({ picture }) => picture));
  }

  /** Of jobs that are over nothing asks any more what they looked at. */
  forgetLookedAt(): void {
    this.#statement(`DELETE FROM looked WHERE job NOT IN (SELECT id FROM jobs WHERE ${OPEN})`).run();
  }

  /** The pictures of a job that could not be looked at: the first of them. */
  failures(job: string, limit = 1000): Failure[] {
    return this.#statement("SELECT image, error FROM failures WHERE job = ? ORDER BY number LIMIT ?").all(
      job,
      limit,
    ) as Failure[];
  }

  result(id: string): KeptResult | null {
    const row = this.#first<ResultRow>("SELECT * FROM results WHERE id = ?", id);
    return row === undefined ? null : resultOf(row);
  }

  /** @returns whether it was there */
  removeResult(id: string): boolean {
    return this.#statement("DELETE FROM results WHERE id = ?").run(id).changes > 0;
  }

  /** A page of results, and how many there are. */
  list(query: ListQuery): { total: number; results: KeptResult[] } {
    const { where, values } = whereOf(query);
    const { total } = this.#first<{ total: number }>(`SELECT count(*) AS total FROM results ${where}`, ...values)!;
    const rows = this.#statement(`SELECT * FROM results ${where} ORDER BY ${ORDERS[query.sort]} LIMIT ? OFFSET ?`).all(
      ...values,
      query.limit,
      query.offset,
    );
    return { total, results: (rows as ResultRow[]).map(resultOf) };
  }

  /** All results of a filter, newest first, a page at a time: memory does not grow with them. */
  *all(filter: Filter, page = 200): Generator<KeptResult, void, void> {
    const { where, values } = whereOf(filter);
    let last = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const rows = this.#statement(
        `SELECT * FROM results ${where === "" ? "WHERE" : `${where} AND`} number < ? ORDER BY number DESC LIMIT ?`,
      ).all(...values, last, page) as ResultRow[];
      if (rows.length === 0) return;
      last = rows.at(-1)!.number;
      yield* rows.map(resultOf);
    }
  }

  /** Whether a result is known. */
  has(id: string): boolean {
    return this.#first("SELECT 1 FROM results WHERE id = ?", id) !== undefined;
  }

  /**
   * Removes some of the results that are older or more than is kept.
   *
   * @returns those that were removed; empty when nothing is left to remove
   */
  sweep({ days, results }: Retention, now = new Date()): KeptResult[] {
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    if (days !== null) {
      conditions.push("created < ?");
      values.push(new Date(now.getTime() - days * 86_400_000).toISOString());
    }
    if (results !== null) {
      conditions.push("number <= (SELECT number FROM results ORDER BY number DESC LIMIT 1 OFFSET ?)");
      values.push(results);
    }
    if (conditions.length === 0) return [];
    const rows = this.#statement(
      `SELECT * FROM results WHERE ${conditions.join(" OR ")} ORDER BY number LIMIT ${SWEEP}`,
    ).all(...values) as ResultRow[];
    this.#transaction(() => {
      for (const { id } of rows) this.removeResult(id);
    });
    return rows.map(resultOf);
  }

  products(): Product[] {
    return (this.#statement("SELECT * FROM products ORDER BY name").all() as ProductRow[]).map(productOf);
  }

  product(name: string): Product | null {
    const row = this.#first<ProductRow>("SELECT * FROM products WHERE name = ?", name);
    return row === undefined ? null : productOf(row);
  }

  putProduct({ name, threshold, model, calibration, updated }: Product): void {
    this.#statement(
      "INSERT OR REPLACE INTO products (name, threshold, model, calibration, updated) VALUES (?, ?, ?, ?, ?)",
    ).run(name, threshold, model, calibration === null ? null : JSON.stringify(calibration), updated);
  }

  /** @returns whether it was there */
  removeProduct(name: string): boolean {
    return this.#statement("DELETE FROM products WHERE name = ?").run(name).changes > 0;
  }

  addJob({ id, created, source, folder, state, model, product, threshold }: StoredJob): void {
    this.#statement(
      "INSERT INTO jobs (id, created, source, folder, state, model, product, threshold) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(id, created, source, folder, state, model, product, threshold);
  }

  setJob(id: string, { state, total, error }: Pick<Job, "state" | "total" | "error">): void {
    this.#statement("UPDATE jobs SET state = ?, total = ?, error = ? WHERE id = ?").run(state, total, error, id);
  }

  job(id: string): StoredJob | null {
    return this.#first<StoredJob>(`SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ?`, id) ?? null;
  }

  /** The latest jobs, newest first. */
  jobs(limit = 200): StoredJob[] {
    return this.#statement(`SELECT ${JOB_COLUMNS} FROM jobs ORDER BY number DESC LIMIT ?`).all(limit) as StoredJob[];
  }

  /** Jobs that are not over, oldest first: what a restart goes on with. */
  openJobs(): StoredJob[] {
    return this.#statement(`SELECT ${JOB_COLUMNS} FROM jobs WHERE ${OPEN} ORDER BY number`).all() as StoredJob[];
  }

  /** Writes the log into the file and gives it free. */
  close(): void {
    this.#statements.clear();
    // The connection itself lives until its statements are collected; what it locks must not.
    for (const pragma of ["journal_mode = DELETE", "locking_mode = NORMAL", "user_version"])
      this.#database.pragma(pragma);
    this.#database.close();
  }

  #countOf(job: string, picture: string, column: "normal" | "abnormal" | "failed"): void {
    this.#statement("INSERT OR IGNORE INTO looked (job, picture) VALUES (?, ?)").run(job, picture);
    this.#statement(`UPDATE jobs SET ${column} = ${column} + 1 WHERE id = ?`).run(job);
  }

  /** The first row; libsql's own `get` adds a property to it. */
  #first<Row>(text: string, ...values: (string | number)[]): Row | undefined {
    return this.#statement(text).all(...values)[0] as Row | undefined;
  }

  #statement(text: string): Database.Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  #transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

// --- internal ---

const OPEN = "state IN ('waiting', 'running')";
const JOB_COLUMNS =
  "id, created, source, folder, state, model, product, threshold, total, normal, abnormal, failed, error";

type ResultRow = ReturnType<typeof rowOf> & { number: number; verdict: Result["verdict"] };
type ProductRow = Omit<Product, "calibration"> & { calibration: string | null };

function rowOf({ mapMin, mapMax, mapMean, regions, ...same }: KeptResult) {
  return { ...same, map_min: mapMin, map_max: mapMax, map_mean: mapMean, regions: JSON.stringify(regions) };
}

function resultOf({ map_min, map_max, map_mean, regions, number: _, ...same }: ResultRow): KeptResult {
  return { ...same, mapMin: map_min, mapMax: map_max, mapMean: map_mean, regions: JSON.parse(regions) };
}

function productOf({ name, threshold, model, calibration, updated }: ProductRow): Product {
  return {
    name,
    threshold,
    model,
    calibration: calibration === null ? null : (JSON.parse(calibration) as Calibration),
    updated,
  };
}

/** The filter in SQL; what was asked for is bound, never written into the text. */
function whereOf(filter: Filter): { where: string; values: (string | number)[] } {
  const { query, product, model, job, verdict, from, to, minScore, maxScore } = filter;
  const instant = (text: string | undefined) => (text === undefined ? undefined : new Date(text).toISOString());
  const terms: [condition: string, value: string | number | undefined][] = [
    ["instr(lower(image), lower(?)) > 0", query || undefined],
    ["product = ?", product],
    ["model = ?", model],
    ["job = ?", job],
    ["verdict = ?", verdict],
    ["created >= ?", instant(from)],
    ["created <= ?", instant(to)],
    ["score >= ?", minScore],
    ["score <= ?", maxScore],
  ];
  const used = terms.filter((term): term is [string, string | number] => term[1] !== undefined);
  return {
    where: used.length === 0 ? "" : `WHERE ${used.map(([condition]) => condition).join(" AND ")}`,
    values: used.map(([, value]) => value),
  };
}
