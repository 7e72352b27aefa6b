/** What went wrong with a request, as problem details (RFC 9457): one sentence that says what to do. */

import { AnomalyClipError, type ErrorCode } from "../errors.ts";
import type { Problem } from "./api.ts";

const TITLES = {
  400: "Bad request",
  401: "Token needed",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Too slow",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported content",
  422: "Picture cannot be used",
  429: "Too busy",
  499: "Client went away",
  500: "Internal error",
  503: "Not available",
} as const;
export type ProblemStatus = keyof typeof TITLES;

/** Thrown by whatever handles a request. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly status: ProblemStatus,
    /** What is wrong and what to do. */
    readonly detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** What the person who sent a picture can do about an error, by its code; others are the operator's. */
const STATUS_OF_CODE: Partial<Record<ErrorCode, ProblemStatus>> = { E_IMAGE: 422, E_CONFIG: 400 };

/** Whatever was thrown, as a problem. What is not meant for the caller is an internal error without particulars. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof AnomalyClipError) {
    const status = STATUS_OF_CODE[error.code];
    if (status !== undefined) return new ProblemError(status, error.message);
    return new ProblemError(503, "the model cannot be used at the moment; the service's log says why");
  }
  return new ProblemError(500, "something failed inside the service; its log has this request's id");
}

/**
 * The answer to a request that failed.
 *
 * @param id of the request, by which the log tells more
 * @param path of the request: clients of the Open Inference Protocol look for the member `error`
 */
export function problemResponse({ status, detail, headers }: ProblemError, id: string, path: string): Response {
  const problem: Problem = { type: "about:blank", title: TITLES[status], status, detail, instance: id };
  return new Response(JSON.stringify(/^\/v2(\/|$)/.test(path) ? { ...problem, error: detail } : problem), {
    status,
    headers: { ...headers, "Content-Type": "application/problem+json" },
  });
}
