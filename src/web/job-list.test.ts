import { expect, test } from "vitest";
import type { Job } from "../server/api.ts";
import { JobList } from "./job-list.ts";

function jobOf(id: string, state: Job["state"]): Job {
  return {
    ...{ id, state, created: "2026-01-01T00:00:00.000Z", source: `${id}.zip`, model: "embedded", product: null },
    ...{ total: null, normal: 0, abnormal: 0, failed: 0, error: null },
  };
}

/** A list whose answers come when they are given. */
function listOf() {
  const answers: ((jobs: Job[]) => void)[] = [];
  const list = new JobList(() => new Promise((resolve) => answers.push(resolve)));
  return { list, answers };
}

test("however many jobs are open, one is followed: the one that runs, else the one that will next", () => {
  const { list } = listOf();
  expect(list.followed.value).toBeNull();
  for (let i = 1; i <= 8; i++) list.hear(jobOf(`${i}`, "waiting"));
  expect(list.followed.value).toBe("1");
  list.hear(jobOf("1", "running"));
  expect([list.followed.value, list.waits.value]).toEqual(["1", true]);
  list.hear(jobOf("1", "done"));
  expect(list.followed.value).toBe("2");
  for (let i = 2; i <= 7; i++) list.hear(jobOf(`${i}`, "cancelled"));
  list.hear(jobOf("8", "running"));
  expect([list.followed.value, list.waits.value]).toEqual(["8", false]);
  // One that the service could not end, as on a full disk, does not stand in the way.
  list.hear(jobOf("1", "running"));
  expect(list.followed.value).toBe("8");
  list.hear(jobOf("1", "failed"));
  list.hear(jobOf("8", "failed"));
  expect(list.followed.value).toBeNull();
});

test("an answer that was on its way neither loses a job that was begun meanwhile nor turns one back", async () => {
  const { list, answers } = listOf();
  list.hear(jobOf("old", "running"));
  const loading = list.load();
  list.hear(jobOf("old", "done"));
  list.hear(jobOf("new", "waiting"));
  answers[0]!([jobOf("other", "cancelled"), jobOf("old", "running")]);
  await loading;
  expect(list.jobs.value.map(({ id, state }) => `${id} ${state}`)).toEqual([
    "new waiting",
    "other cancelled",
    "old done",
  ]);
  // The next answer is newer than all of that.
  const again = list.load();
  answers[1]!([jobOf("new", "running")]);
  await again;
  expect(list.jobs.value.map(({ id, state }) => `${id} ${state}`)).toEqual(["new running"]);
});

test("the list is asked for once at a time, and again after a failure", async () => {
  let asked = 0;
  const list = new JobList(async () => {
    if (++asked === 1) throw new Error("gone");
    return [jobOf("a", "done")];
  });
  await expect(Promise.all([list.load(), list.load()])).rejects.toThrow("gone");
  expect(asked).toBe(1);
  await list.load();
  expect(list.jobs.value.map(({ id }) => id)).toEqual(["a"]);
});
