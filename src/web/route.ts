/** Which view is shown: kept in the address, so that back, reload and links work. */

import { signal } from "@preact/signals";

export const VIEWS = ["inspect", "calibrate", "history", "compare", "jobs", "runs"] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  view: ViewName;
  /** What the view was asked to show, such as `job` of the history. */
  query: URLSearchParams;
}

export const route = signal(read());
addEventListener("hashchange", () => {
  route.value = read();
});

function read(): Route {
  const [name = "", query = ""] = location.hash.slice(1).split("?");
  return { view: VIEWS.find((view) => view === name) ?? "inspect", query: new URLSearchParams(query) };
}
