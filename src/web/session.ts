/** The pictures that were given since the page was opened, and the line that they are judged by. */

import { computed, signal } from "@preact/signals";
import type { Result } from "../server/api.ts";
import { AT_ONCE, detect } from "./api-client.ts";
import { loadModels, models, products } from "./catalog.ts";
import { complain, reasonOf } from "./notices.tsx";
import { servedThreshold } from "./served-threshold.ts";

export interface Item {
  key: number;
  name: string;
  state: "waiting" | "done" | "failed";
  /** Kept until there is a result. */
  file: File | null;
  result: Result | null;
  /** Why it failed. */
  error: string | null;
}

export const items = signal<readonly Item[]>([]);
/** Key of the picture that is shown. */
export const selected = signal<number | null>(null);
export const product = signal<string | null>(null);
export const model = signal<string | null>(null);
/** Set by hand; null leaves it to the product, or the model. */
export const chosenThreshold = signal<number | null>(null);

/** Score from which a picture is abnormal. */
export const threshold = computed(
  () =>
    chosenThreshold.value ??
    servedThreshold({ product: product.value, model: model.value }, products.value, models.value) ??
    0.5,
);

export const results = computed(() => items.value.flatMap(({ result }) => (result === null ? [] : [result])));

export const shown = computed(() => items.value.find(({ key }) => key === selected.value) ?? null);

let lastKey = 0;
let underWay = 0;

/** Gives pictures to the service, a few at once, in order. */
export function addFiles(files: readonly File[]): void {
  const added = files.map(
    (file): Item => ({
      ...{ key: ++lastKey, name: file.webkitRelativePath || file.name, state: "waiting" },
      ...{ file, result: null, error: null },
    }),
  );
  items.value = [...items.value, ...added];
  if (added[0] && shown.value === null) selected.value = added[0].key;
  sendNext();
}

/** Tries a picture again that failed. */
export function retry(key: number): void {
  change(key, { state: "waiting", error: null });
  sendNext();
}

/** Forgets the list; what was looked at stays in the history. */
export function clear(): void {
  items.value = [];
  selected.value = null;
  sent.clear();
}

/** A product brings its own threshold and model. */
export function chooseProduct(name: string | null): void {
  product.value = name;
  chosenThreshold.value = null;
}

/** A line that was set on one model's scores says nothing about another's. */
export function chooseModel(name: string | null): void {
  model.value = name;
  chosenThreshold.value = null;
}

// --- internal ---

/** Keys of pictures that are on their way. */
const sent = new Set<number>();

function sendNext(): void {
  while (underWay < AT_ONCE) {
    const next = items.value.find(({ key, state }) => state === "waiting" && !sent.has(key));
    if (next === undefined) return;
    sent.add(next.key);
    underWay++;
    void send(next);
  }
}

async function send({ key, file }: Item): Promise<void> {
  try {
    const result = await detect(file!, { model: model.value, product: product.value, keep: true });
    await learnThreshold(result.model);
    change(key, { state: "done", result, file: null });
  } catch (error) {
    change(key, { state: "failed", error: reasonOf(error) });
  } finally {
    sent.delete(key);
    underWay--;
    sendNext();
  }
}

/** The service knows a model's own threshold once it has been loaded, which may be since the page was opened. */
async function learnThreshold(name: string): Promise<void> {
  if (models.value.some((known) => known.name === name && known.threshold !== null)) return;
  await loadModels().catch(complain);
}

function change(key: number, changes: Partial<Item>): void {
  items.value = items.value.map((item) => (item.key === key ? { ...item, ...changes } : item));
}
