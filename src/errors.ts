/** The errors that a user can cause or meet. Programmer errors are plain `TypeError` / `RangeError`. */

export type ErrorCode = "E_IMAGE" | "E_WEIGHTS" | "E_PROMPTS" | "E_CONFIG" | "E_DATASET" | "E_DOWNLOAD" | "E_RUNTIME";

/**
 * An error for the person who reads it: the message is one line that says where, what is wrong and, when known,
 * what to do. `code` is stable and is what programs should test.
 */
export class AnomalyClipError extends Error {
  override readonly name = "AnomalyClipError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The message of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, " ").trim();
}
