/** Work on many pictures, in the background: one job after another, gone on with after a restart. */

import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { getSystemErrorMap } from "node:util";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { mapInOrder } from "../pipeline/map-in-order.ts";
import { untilAborted } from "../pipeline/until-aborted.ts";
import { reasonOf } from "../results/detect-images.ts";
import type { Failure, Job } from "./api.ts";
import type { StoredJob } from "./history.ts";
import type { Choice, Inspector } from "./inspector.ts";
import { folderPictures, type JobPicture, NAMES_FILE, sentPictures, storedName } from "./job-pictures.ts";
import { ID_PATTERN, newId } from "./picture-store.ts";
import { ProblemError } from "./problem.ts";
import type { SentFile } from "./receive.ts";

/** Told of every change of a job. */
export interface JobListener {
  onJob(job: Job): void;
  onFailure(failure: Failure): void;
}

export interface JobsOptions {
  inspector: Inspector;
  /** Where sent files are kept while a job needs them. */
  folder: string;
  /** Folders that jobs may be started on, by the name that requests use. */
  folders: ReadonlyMap<string, string>;
  /** Of a picture. */
  maxBytes: number;
  /** Jobs that may wait. */
  waiting: number;
  /** Called with what nobody could be told otherwise. */
  onError: (error: unknown, job: string) => void;
}

/** States in which nothing is left to do. */
export const OVER: readonly Job["state"][] = ["done", "cancelled", "failed"];

/** Pictures of a job in hand: requests of people who wait get in between. */
const IN_HAND = 2;

export class Jobs {
  readonly #listeners = new Map<string, Set<JobListener>>();
  readonly #queue: string[] = [];
  #current: { id: string; cancel: AbortController } | null = null;
  #stopping = false;
  #run: Promise<void> = Promise.resolve();

  constructor(private readonly options: JobsOptions) {}

  get #history() {
    return this.options.inspector.history;
  }

  /**
   * Goes on with jobs that were not over when the service ended, and removes files that no such job needs. To be called
   * before files are sent: those of a job that is being sent belong to no job yet.
   */
  async resume(): Promise<void> {
    this.#history.forgetLookedAt();
    const open = new Set(this.#history.openJobs().map(({ id }) => id));
    for (const name of await readdir(this.options.folder).catch(() => [])) {
      if (ID_PATTERN.test(name) && !open.has(name)) await this.#removeFiles(name);
    }
    // Asked again: one of them may have been cancelled meanwhile.
    for (const { id } of this.#history.openJobs()) this.#enqueue(id);
  }

  /**
   * Begins a job on files that come with a request.
   *
   * @param receive hands the files over, one by one
   * @throws ProblemError 429 where too many jobs wait, and what `receive` throws; nothing stays of the job then
   */
  async addFiles(choice: Choice, receive: (take: (file: SentFile) => Promise<void>) => Promise<unknown>): Promise<Job> {
    this.#requireRoom();
    const id = newId();
    const folder = join(this.options.folder, id);
    const names: string[] = [];
    try {
      await mkdir(folder, { recursive: true });
      await receive(async ({ name, stream }) => {
        const number = names.push(name || `picture ${names.length + 1}`) - 1;
        await pipeline(stream, createWriteStream(join(folder, storedName(number, name))));
        if (stream.truncated) throw new ProblemError(413, `${name} is larger than is allowed: send it in parts`);
      });
      if (names.length === 0) {
        throw new ProblemError(
          400,
          'no file in the request: send zips or pictures as multipart/form-data, in fields named "file"',
        );
      }
      await writeFile(join(folder, NAMES_FILE), JSON.stringify(names));
      return this.#add(id, summary(names), null, choice);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Begins a job on a folder. @throws ProblemError 404 for a name that is not served, 429 where too many jobs wait */
  addFolder(choice: Choice, name: string): Job {
    this.#requireRoom();
    if (!this.options.folders.has(name)) {
      const known = [...this.options.folders.keys()];
      const hint =
        known.length === 0
          ? "none is served: start the service with --folder name=path"
          : `there is ${known.join(", ")}`;
      throw new ProblemError(404, `no folder ${name}; ${hint}`);
    }
    return this.#add(newId(), name, name, choice);
  }

  /** Ends a job after the pictures in hand. @throws ProblemError 404, 409 where it is over */
  cancel(id: string): Job {
    const { state } = this.require(id);
    const inHand = this.#current?.id === id;
    if (!inHand && OVER.includes(state)) throw new ProblemError(409, `the job is over already: ${state}`);
    this.#set(id, { state: "cancelled" });
    const at = this.#queue.indexOf(id);
    if (at >= 0) this.#queue.splice(at, 1);
    if (inHand) this.#current?.cancel.abort();
    else this.#forget(id);
    return this.require(id);
  }

  /** @throws ProblemError 404 */
  require(id: string): StoredJob {
    const job = this.#history.job(id);
    if (job === null) throw new ProblemError(404, `no job ${id}; see /api/jobs`);
    return job;
  }

  /** The first pictures of a job that could not be looked at. */
  failures(id: string): Failure[] {
    return this.#history.failures(id);
  }

  list(): Job[] {
    return this.#history.jobs();
  }

  /** @returns a function that ends it */
  listen(id: string, listener: JobListener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Waits for the pictures in hand; what is left is gone on with at the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#current?.cancel.abort();
    await this.#run;
  }

  #add(id: string, source: string, folder: string | null, { model, product, threshold }: Choice): Job {
    this.#history.addJob({
      ...{ id, source, folder, model, product },
      ...{ created: new Date().toISOString(), state: "waiting", total: null, error: null },
      ...{ normal: 0, abnormal: 0, failed: 0, threshold },
    });
    this.#enqueue(id);
    return this.require(id);
  }

  #requireRoom(): void {
    if (this.#queue.length < this.options.waiting) return;
    throw new ProblemError(429, `${this.#queue.length} jobs wait already; try again when one is done`, {
      "Retry-After": "60",
    });
  }

  #enqueue(id: string): void {
    this.#queue.push(id);
    if (this.#queue.length === 1 && this.#current === null) this.#run = this.#runAll();
  }

  async #runAll(): Promise<void> {
    // In a turn of its own: whoever adds a job first hears of it.
    await Promise.resolve();
    for (let id = this.#queue.shift(); id !== undefined && !this.#stopping; id = this.#queue.shift()) {
      this.#current = { id, cancel: new AbortController() };
      try {
        await this.#workOrFail(id, this.#current.cancel.signal);
        if (!this.#stopping) this.#forget(id);
      } catch (error) {
        // What became of it cannot be written down: the job stays open, and is gone on with at the next start.
        this.options.onError(error, id);
      }
      this.#current = null;
    }
  }

  async #workOrFail(id: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#work(id, signal);
    } catch (error) {
      this.options.onError(error, id);
      this.#set(id, { state: "failed", error: reasonFor(error) });
    }
  }

  async #work(id: string, signal: AbortSignal): Promise<void> {
    const { inspector, folders, folder: uploads, maxBytes } = this.options;
    const job = this.require(id);
    const root = job.folder === null ? null : folders.get(job.folder);
    if (root === undefined) {
      throw new AnomalyClipError("E_CONFIG", `the folder ${job.folder} is no longer served: start with --folder`);
    }
    const open = () => (root === null ? sentPictures(join(uploads, id), maxBytes) : folderPictures(root, maxBytes));
    let total = 0;
    for await (const _ of untilAborted(open(), signal)) total++;
    if (signal.aborted) return;
    this.#set(id, { state: "running", total });
    const choice: Choice = { model: job.model, product: job.product, threshold: job.threshold };
    const look = async ([key, { name, read }]: [string, JobPicture]): Promise<[string, Failure | null]> => {
      let bytes: Uint8Array | null = null;
      try {
        bytes = await read();
        await inspector.inspect({ name, bytes }, choice, { keep: true, job: { id, picture: key }, signal });
        return [key, null];
      } catch (error) {
        // Beyond a picture that cannot be read or decoded, the next would fare no better.
        const ofPicture = bytes === null || (error instanceof AnomalyClipError && error.code === "E_IMAGE");
        if (signal.aborted || !ofPicture) throw error;
        return [key, { image: name, error: reasonOf(error, name) }];
      }
    };
    const left = notLookedAt(open(), this.#history.lookedAt(id));
    try {
      for await (const [key, failure] of mapInOrder(untilAborted(left, signal), look, IN_HAND)) {
        if (failure !== null) {
          this.#history.addFailure(id, failure, key);
          this.#tell(id, ({ onFailure }) => onFailure(failure));
        }
        this.#tell(id, ({ onJob }) => onJob(this.require(id)));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (!signal.aborted) this.#set(id, { state: "done" });
  }

  #set(id: string, change: Partial<Pick<Job, "state" | "total" | "error">>): void {
    const { state, total, error } = { ...this.require(id), ...change };
    this.#history.setJob(id, { state, total, error });
    this.#tell(id, ({ onJob }) => onJob(this.require(id)));
  }

  #tell(id: string, tell: (listener: JobListener) => void): void {
    for (const listener of this.#listeners.get(id) ?? []) tell(listener);
  }

  #forget(id: string): void {
    this.#history.forgetLookedAt();
    void this.#removeFiles(id);
  }

  async #removeFiles(id: string): Promise<void> {
    try {
      await rm(join(this.options.folder, id), { recursive: true, force: true });
    } catch (error) {
      this.options.onError(error, id);
    }
  }
}

// --- internal ---

function summary(names: readonly string[]): string {
  const [first] = names;
  return names.length === 1 ? first! : `${first} and ${names.length - 1} more`;
}

/** Why a job failed, for people: names of this machine's files are for its log. */
function reasonFor(error: unknown): string {
  if (error instanceof AnomalyClipError || error instanceof ProblemError) return messageOf(error);
  const [, reason] = getSystemErrorMap().get((error as NodeJS.ErrnoException)?.errno ?? 0) ?? [];
  return `something failed inside the service${reason === undefined ? "" : `: ${reason}`}`;
}

/** Pictures with what tells each from the others, also when the folder has changed: the name, and its number where it comes again. */
async function* notLookedAt(
  pictures: AsyncIterable<JobPicture>,
  lookedAt: ReadonlySet<string>,
): AsyncGenerator<[key: string, JobPicture], void, void> {
  const times = new Map<string, number>();
  for await (const picture of pictures) {
    const before = times.get(picture.name) ?? 0;
    times.set(picture.name, before + 1);
    const key = before === 0 ? picture.name : `${picture.name}\n${before + 1}`;
    if (!lookedAt.has(key)) yield [key, picture];
  }
}
