/** Settings that this browser remembers. */

import { effect, type Signal, signal } from "@preact/signals";

/** A signal whose value outlives the page. What was stored and is no longer valid gives way to `fallback`. */
export function stored<Value extends string | number | boolean>(
  name: string,
  fallback: Value,
  isValid: (value: Value) => boolean,
): Signal<Value> {
  const key = `anomalyclip.${name}`;
  const value = signal(read(key, fallback, isValid));
  effect(() => {
    const text = JSON.stringify(value.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // A browser that keeps nothing for this page: the setting holds until it is closed.
    }
  });
  return value;
}

function read<Value>(key: string, fallback: Value, isValid: (value: Value) => boolean): Value {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? "null") as Value;
    return value !== null && typeof value === typeof fallback && isValid(value) ? value : fallback;
  } catch {
    return fallback;
  }
}
