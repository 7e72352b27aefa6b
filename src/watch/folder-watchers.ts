/**
 * The system's notices of what happens in folders: one watch a folder, none for files, and a name for every event. What
 * watches files too, or reads a folder again at each event, needs gigabytes and a whole core for a folder of 100,000.
 */

import { type FSWatcher, watch } from "node:fs";

export class FolderWatchers {
  readonly #watchers = new Map<string, FSWatcher>();

  /** @param onName something happened to this name in this folder; null where the system does not say to which */
  constructor(private readonly onName: (folder: string, name: string | null) => void) {}

  /**
   * Watches a folder, but not those in it; anew where it was watched before, since a watch ends with its folder and not
   * with its name.
   *
   * @throws the system's error where it has no more watches to give (`ENOSPC`, `EMFILE`), or the folder is gone
   */
  add(folder: string): void {
    const watcher = watch(folder, (_event, name) => this.onName(folder, name));
    watcher.on("error", () => this.#drop(folder, watcher));
    this.#watchers.get(folder)?.close();
    this.#watchers.set(folder, watcher);
  }

  /** Ends the watches on a folder and those below it. */
  remove(folder: string): void {
    for (const [watched, watcher] of this.#watchers) {
      if (watched === folder || watched.startsWith(`${folder}/`)) this.#drop(watched, watcher);
    }
  }

  close(): void {
    for (const [folder, watcher] of this.#watchers) this.#drop(folder, watcher);
  }

  #drop(folder: string, watcher: FSWatcher): void {
    if (this.#watchers.get(folder) === watcher) this.#watchers.delete(folder);
    watcher.close();
  }
}
