/** What a failed `fetch` means, in words: Node wraps the system's error in a `TypeError` that only says «fetch failed». */

import { messageOf } from "../errors.ts";

/** Whether there is no network, no such host, or nobody listening there. */
export function isUnreachable(error: unknown): boolean {
  return unreachableReason(error) !== undefined;
}

/** One line that names the cause. */
export function describeNetworkError(error: unknown): string {
  const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : error;
  return unreachableReason(error) ?? messageOf(cause);
}

// --- internal ---

const UNREACHABLE = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ENOTFOUND", "host not found"],
  ["EAI_AGAIN", "host not found"],
  ["ENETUNREACH", "network unreachable"],
  ["EHOSTUNREACH", "host unreachable"],
]);

function unreachableReason(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const reason = UNREACHABLE.get((cause as NodeJS.ErrnoException).code ?? "");
    if (reason !== undefined) return reason;
  }
  return undefined;
}
