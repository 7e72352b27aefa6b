/** Many pictures at once, in the background. */

import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Failure, Job } from "../../server/api.ts";
import { api, queryOf } from "../api-client.ts";
import { info } from "../catalog.ts";
import { ModelChooser, ProductChooser } from "../choosers.tsx";
import { FileDrop } from "../file-drop.tsx";
import { t, timeText } from "../i18n.ts";
import { isOpen, JobList } from "../job-list.ts";
import { complain } from "../notices.tsx";

/** Between looks at the list while a job waits, milliseconds. */
const LIST_EVERY = 3000;

export function JobsView() {
  const [list] = useState(() => new JobList(api.jobs));
  const product = useSignal<string | null>(null);
  const model = useSignal<string | null>(null);
  const sending = useSignal(false);

  const waits = list.waits.value;
  useEffect(() => {
    const load = () => list.load().catch(complain);
    void load();
    if (!waits) return;
    const timer = setInterval(load, LIST_EVERY);
    return () => clearInterval(timer);
  }, [list, waits]);

  const start = async (body: FormData | { folder: string }) => {
    sending.value = true;
    try {
      list.hear(await api.addJob(queryOf({ product: product.value, model: model.value }), body));
    } catch (error) {
      complain(error);
    } finally {
      sending.value = false;
    }
  };
  const send = (files: readonly File[]) => {
    const form = new FormData();
    for (const file of files) form.append("file", file, file.webkitRelativePath || file.name);
    void start(form);
  };
  const folders = info.value?.folders ?? [];
  return (
    <div class="page">
      <p>{t("jobsIntro")}</p>
      <div class="row">
        <ProductChooser value={product.value} onChoose={(value) => (product.value = value)} none={t("anyProduct")} />
        <ModelChooser value={model.value} onChoose={(value) => (model.value = value)} none={t("defaultModel")} />
      </div>
      <FileDrop
        title={t("jobDrop")}
        testid="job-files"
        accept="image/*,.zip,application/zip,.tif,.tiff,.bmp"
        onFiles={send}
      />
      {folders.length === 0 ? null : (
        <p class="row">
          {t("folder")}:
          {folders.map((folder) => (
            <button key={folder} type="button" onClick={() => void start({ folder })}>
              {t("startFolder", { folder })}
            </button>
          ))}
        </p>
      )}
      {sending.value ? <p role="status">{t("uploading")}</p> : null}
      <h2>{t("jobs")}</h2>
      {list.jobs.value.length === 0 ? <p class="soft">{t("noJobs")}</p> : null}
      {list.jobs.value.map((job) => (
        <JobCard
          key={job.id}
          job={job}
          followed={job.id === list.followed.value}
          onChange={(changed) => list.hear(changed)}
        />
      ))}
    </div>
  );
}

interface JobCardProps {
  job: Job;
  /** Whether its progress is listened to. */
  followed: boolean;
  onChange(job: Job): void;
}

function JobCard({ job, followed, onChange }: JobCardProps) {
  const { id, source, state, total, normal, abnormal, failed, error, created, model, product } = job;
  const failures = useSignal<readonly Failure[]>([]);
  const unfolded = useSignal(false);
  const open = isOpen(job);
  // Of a job that is over, the failures are asked for when they are to be seen.
  const listens = followed || (!open && unfolded.value);
  useEffect(() => {
    if (!listens) return;
    const events = new EventSource(`api/jobs/${id}/events`);
    events.addEventListener("job", (event) => {
      const changed = JSON.parse((event as MessageEvent<string>).data) as Job;
      onChange(changed);
      // The service ends the stream; the browser would take that for a failure and ask again.
      if (!isOpen(changed)) events.close();
    });
    events.addEventListener("failure", (event) => {
      failures.value = [...failures.value, JSON.parse((event as MessageEvent<string>).data) as Failure];
    });
    // With each connection, all failures so far come again.
    events.addEventListener("open", () => {
      failures.value = [];
    });
    return () => events.close();
  }, [id, listens]);
  const done = normal + abnormal + failed;
  return (
    <article class="card" data-testid="job" data-state={state}>
      <header class="row spread">
        <h3>{source}</h3>
        <span class={`verdict ${state}`}>{t(state)}</span>
      </header>
      <progress max={total ?? 1} value={total === null && open ? undefined : done} aria-label={source} />
      <p class="row spread">
        <span>{t("jobProgress", { done, total: total ?? "…", abnormal, failed })}</span>
        <span class="row">
          {open ? (
            <button type="button" onClick={() => api.cancelJob(id).then(onChange, complain)}>
              {t("cancel")}
            </button>
          ) : null}
          <a class="button" href={`#history?job=${id}`}>
            {t("showResults")}
          </a>
        </span>
      </p>
      <p class="soft">{[product, model, timeText(created)].filter(Boolean).join(" · ")}</p>
      {error === null ? null : <p class="notice error">{error}</p>}
      {failed === 0 ? null : (
        <details
          onToggle={(event) => {
            unfolded.value = event.currentTarget.open;
          }}
        >
          <summary>{t("failures")}</summary>
          <ul>
            {failures.value.map(({ image, error: reason }) => (
              <li key={image}>
                <strong>{image}</strong>: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}
