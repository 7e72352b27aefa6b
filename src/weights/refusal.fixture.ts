/** What every reader promises for every input: a result, or one line for the person who reads it. */
import { expect } from "vitest";
import { AnomalyClipError } from "../errors.ts";

/** The result of `attempt`, or the message of its `AnomalyClipError`; any other error fails the test. */
export async function resultOrRefusal<T>(attempt: Promise<T>): Promise<T | string> {
  try {
    return await attempt;
  } catch (error) {
    if (!(error instanceof AnomalyClipError)) throw error;
    expect(error.message).not.toMatch(/[\r\n]/);
    expect(error.message.length).toBeLessThan(600);
    return error.message;
  }
}
