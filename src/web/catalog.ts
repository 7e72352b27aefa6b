/** What the service offers: its limits, models and products. */

import { signal } from "@preact/signals";
import type { Info, Model, Product } from "../server/api.ts";
import { api } from "./api-client.ts";
import { complain } from "./notices.tsx";

export const info = signal<Info | null>(null);
export const models = signal<readonly Model[]>([]);
export const products = signal<readonly Product[]>([]);

/** Asks for everything anew. */
export async function loadCatalog(): Promise<void> {
  try {
    [info.value, models.value, products.value] = await Promise.all([api.info(), api.models(), api.products()]);
  } catch (error) {
    complain(error);
  }
}

export async function loadModels(): Promise<void> {
  models.value = await api.models();
}

export async function loadProducts(): Promise<void> {
  products.value = await api.products();
}
