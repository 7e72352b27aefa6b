/** The tables, version by version: a database of any earlier version is brought up to date when it is opened. */

/** What leads from version i to version i + 1 (`PRAGMA user_version`). Entries are never changed, only added. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE results (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    image TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    score REAL NOT NULL,
    verdict TEXT NOT NULL,
    threshold REAL NOT NULL,
    layers INTEGER NOT NULL,
    map_min REAL NOT NULL,
    map_max REAL NOT NULL,
    map_mean REAL NOT NULL,
    regions TEXT NOT NULL,
    model TEXT NOT NULL,
    product TEXT,
    job TEXT,
    milliseconds REAL NOT NULL
  );
  CREATE INDEX results_by_score ON results (score);
  CREATE INDEX results_by_product ON results (product, number);
  CREATE INDEX results_by_job ON results (job, number);
  CREATE TABLE products (
    name TEXT PRIMARY KEY,
    threshold REAL NOT NULL,
    model TEXT,
    calibration TEXT,
    updated TEXT NOT NULL
  );
  CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    source TEXT NOT NULL,
    folder TEXT,
    state TEXT NOT NULL,
    model TEXT NOT NULL,
    product TEXT,
    threshold REAL,
    total INTEGER,
    normal INTEGER NOT NULL DEFAULT 0,
    abnormal INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    error TEXT
  );
  CREATE TABLE failures (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    image TEXT NOT NULL,
    error TEXT NOT NULL
  );
  CREATE INDEX failures_by_job ON failures (job, number);
  `,
  `
  CREATE TABLE looked (
    job TEXT NOT NULL,
    picture TEXT NOT NULL,
    PRIMARY KEY (job, picture)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO looked
    SELECT job, image FROM results WHERE job IN (SELECT id FROM jobs WHERE state IN ('waiting', 'running'))
    UNION SELECT job, image FROM failures WHERE job IN (SELECT id FROM jobs WHERE state IN ('waiting', 'running'));
  `,
];
