/** The service's SQLite file: opened, checked, brought up to date. */

import Database from "libsql";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { MIGRATIONS } from "./migrations.ts";

/**
 * Opens the file, or makes it. Every change is in the write-ahead log before it is answered, so that a process may be
 * killed at any moment.
 *
 * @throws AnomalyClipError E_CONFIG where it is damaged, in use in a way that locks it, or of a later version
 */
export function openDatabase(path: string): Database.Database {
  let database: Database.Database | null = null;
  try {
    database = new Database(path);
    // A second service on the same folder would remove pictures that the first is writing.
    database.pragma("locking_mode = EXCLUSIVE");
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = NORMAL");
    database.pragma("busy_timeout = 5000");
    const [check] = database.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
    if (check?.quick_check !== "ok") throw new Error(`it is damaged (${check?.quick_check})`);
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    const reason = messageOf(error);
    const hint = /locked|busy/i.test(reason)
      ? "another service uses this data folder: end it, or give this one another with --data"
      : `the history cannot be opened: ${reason}; move it away to begin anew`;
    throw new AnomalyClipError("E_CONFIG", `${path}: ${hint}`, { cause: error });
  }
}

// --- internal ---

function migrate(database: Database.Database): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > MIGRATIONS.length) throw new Error("it was written by a later version of this program");
  for (let i = version; i < MIGRATIONS.length; i++) {
    // The version changes with the tables or not at all.
    database.exec(`BEGIN; ${MIGRATIONS[i]}; PRAGMA user_version = ${i + 1}; COMMIT;`);
  }
}
