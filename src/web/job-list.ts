/** The jobs as the page knows them: what the service listed last, and what was heard of single ones since. */

import { computed, signal } from "@preact/signals";
import type { Job } from "../server/api.ts";

/** Whether a job is not over. */
export function isOpen({ state }: Pick<Job, "state">): boolean {
  return state === "waiting" || state === "running";
}

export class JobList {
  /** Newest first. */
  readonly jobs = signal<readonly Job[]>([]);
  readonly waits = computed(() => this.jobs.value.some(({ state }) => state === "waiting"));
  /**
   * Id of the one job whose events are followed: the one that runs, else the one that will next. A browser has six
   * connections to a host; a stream for each job would leave none for anything else.
   */
  readonly followed = computed(() => {
    const jobs = this.jobs.value;
    const job = jobs.find(({ state }) => state === "running") ?? jobs.findLast(({ state }) => state === "waiting");
    return job?.id ?? null;
  });
  /** Heard while a list is on its way; null while none is. */
  #heard: Map<string, Job> | null = null;

  constructor(private readonly ask: () => Promise<readonly Job[]>) {}

  /** Asks for the list, unless it is on its way. @throws what asking throws */
  async load(): Promise<void> {
    if (this.#heard !== null) return;
    const heard = new Map<string, Job>();
    this.#heard = heard;
    try {
      const listed = await this.ask();
      // What was heard meanwhile is newer than the answer.
      this.jobs.value = [...heard.values()].reduce(withJob, listed);
    } finally {
      this.#heard = null;
    }
  }

  /** A job was begun or changed. */
  hear(job: Job): void {
    this.#heard?.set(job.id, job);
    this.jobs.value = withJob(this.jobs.value, job);
  }
}

// --- internal ---

function withJob(jobs: readonly Job[], job: Job): readonly Job[] {
  return jobs.some(({ id }) => id === job.id) ? jobs.map((old) => (old.id === job.id ? job : old)) : [job, ...jobs];
}
