/** Calls to the service that the page came from. */

import { signal } from "@preact/signals";
import type {
  Calibration,
  DetectAnswer,
  Failure,
  Info,
  Job,
  Model,
  Problem,
  Product,
  Result,
  ResultList,
  Run,
} from "../server/api.ts";

/** What the service said about a request that failed. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Seconds after which to try again; null where nothing was said. */
    readonly retryAfter: number | null,
  ) {
    super(message);
  }
}

/** Whether the service wants its token. */
export const tokenNeeded = signal(false);

export async function call(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new RequestError(0, "", null);
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== "api/session") tokenNeeded.value = true;
  const problem = (await response.json().catch(() => null)) as Problem | null;
  const retry = Number(response.headers.get("Retry-After"));
  throw new RequestError(response.status, problem?.detail ?? response.statusText, retry > 0 ? retry : null);
}

async function json<Value>(path: string, init?: RequestInit): Promise<Value> {
  return (await (await call(path, init)).json()) as Value;
}

function withBody(method: string, body: unknown): RequestInit {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

/** A query without what is empty. */
export function queryOf(values: Readonly<Record<string, string | number | null | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  return query.toString();
}

export const api = {
  info: () => json<Info>("api/info"),
  models: async () => (await json<{ models: Model[] }>("api/models")).models,
  openSession: async (token: string) => {
    await call("api/session", withBody("POST", { token }));
    tokenNeeded.value = false;
  },
  results: (query: string) => json<ResultList>(`api/results?${query}`),
  removeResult: (id: string) => call(`api/results/${id}`, { method: "DELETE" }),
  products: async () => (await json<{ products: Product[] }>("api/products")).products,
  putProduct: (name: string, body: Pick<Product, "threshold" | "model" | "calibration">) =>
    json<Product>(`api/products/${encodeURIComponent(name)}`, withBody("PUT", body)),
  removeProduct: (name: string) => call(`api/products/${encodeURIComponent(name)}`, { method: "DELETE" }),
  calibrate: (normal: readonly number[], abnormal: readonly number[]) =>
    json<Calibration>("api/calibrate", withBody("POST", { normal, abnormal })),
  jobs: async () => (await json<{ jobs: Job[] }>("api/jobs")).jobs,
  addJob: (query: string, body: FormData | { folder: string }) =>
    json<Job>(`api/jobs?${query}`, body instanceof FormData ? { method: "POST", body } : withBody("POST", body)),
  cancelJob: (id: string) => json<Job>(`api/jobs/${id}`, { method: "DELETE" }),
  runs: async () => (await json<{ runs: Run[] }>("api/runs")).runs,
};

/** Where a file of a result is. */
export function resultFile(id: string, name: string): string {
  return `api/results/${id}/${name}`;
}

export interface DetectOptions {
  model: string | null;
  product: string | null;
  keep: boolean;
}

/** Pictures on their way at once: so many that the model can look at some together. */
export const AT_ONCE = 6;

/** Sends one picture; while the service is busy it waits as it was told. @throws RequestError */
export async function detect(file: File, { model, product, keep }: DetectOptions): Promise<Result> {
  for (;;) {
    const body = new FormData();
    body.append("image", file, file.webkitRelativePath || file.name);
    try {
      const query = queryOf({ model, product, keep: String(keep) });
      const { results } = await json<DetectAnswer>(`api/detect?${query}`, { method: "POST", body });
      const [result] = results as [Result | Failure];
      if ("error" in result) throw new RequestError(422, result.error, null);
      return result;
    } catch (error) {
      if (!(error instanceof RequestError && error.status === 429)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * (error.retryAfter ?? 2)));
    }
  }
}
