/** Parsers of option values: what they return is valid, what they refuse is refused with a clear line. */

import { InvalidArgumentError } from "commander";

/** A parser of numbers `min..max`; `max` may be infinite. */
export function numberFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    if (value === null || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a number${rangeOf(min, max)}.`);
    }
    return value;
  };
}

/** A parser of numbers above zero. */
export function positiveNumber(text: string): number {
  const value = readNumber(text);
  if (value === null || value <= 0) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

/** A parser of whole numbers `min..max`. */
export function wholeFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    if (value === null || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number${rangeOf(min, max)}.`);
    }
    return value;
  };
}

/** Layers such as `6,12,18,24`: whole numbers from 1, each once, in rising order. */
export function layerList(text: string): number[] {
  const layers = text.split(",").map(readNumber);
  const valid = layers.every((layer) => layer !== null && Number.isInteger(layer) && layer >= 1 && layer <= 1000);
  if (!valid || new Set(layers).size !== layers.length) {
    throw new InvalidArgumentError("Expected layers counted from 1, each once, such as 6,12,18,24.");
  }
  return (layers as number[]).sort((a, b) => a - b);
}

/** Names separated by commas, at least one. */
export function nameList(text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw new InvalidArgumentError("Expected at least one name.");
  return names;
}

/** A parser of names out of a list, separated by commas. */
export function listOf<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const names = nameList(text);
    const unknown = names.find((name) => !(known as readonly string[]).includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${known.join(", ")}.`);
    return names as Name[];
  };
}

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

// --- internal ---

// `Number` alone would take "", " 1" and "0x10".
function readNumber(text: string): number | null {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : null;
}

function rangeOf(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY ? ` from ${min}` : ` from ${min} to ${max}`;
}
