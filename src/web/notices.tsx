/** What went wrong or well, said once, until it is dismissed. */

import { signal } from "@preact/signals";
import { RequestError } from "./api-client.ts";
import { t } from "./i18n.ts";

interface Notice {
  kind: "error" | "done";
  text: string;
}

const notices = signal<readonly Notice[]>([]);

/** More than a person reads. */
const MOST = 4;
/** Good news leave by themselves, milliseconds. */
const DONE_FOR = 6000;

export function say(text: string): void {
  const notice = add({ kind: "done", text });
  setTimeout(() => dismiss(notice), DONE_FOR);
}

/** Tells of a failure; one that asks for the token is told of by the page that asks for it. */
export function complain(error: unknown): void {
  if (error instanceof RequestError && error.status === 401) return;
  if ((error as Error).name === "AbortError") return;
  add({ kind: "error", text: reasonOf(error) });
}

/** Why a request failed, for a person. */
export function reasonOf(error: unknown): string {
  if (error instanceof RequestError && error.status === 0) return t("offline");
  return (error as Error).message;
}

export function Notices() {
  return (
    <div class="notices" role="alert">
      {notices.value.map((notice) => (
        <p key={notice} class={`notice ${notice.kind}`}>
          <span>{notice.text}</span>
          <button type="button" class="quiet" onClick={() => dismiss(notice)}>
            {t("dismiss")}
          </button>
        </p>
      ))}
    </div>
  );
}

function add(notice: Notice): Notice {
  const others = notices.value.filter(({ text }) => text !== notice.text);
  notices.value = [...others, notice].slice(-MOST);
  return notice;
}

function dismiss(notice: Notice): void {
  notices.value = notices.value.filter((other) => other !== notice);
}
