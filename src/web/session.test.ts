import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Model, Product, Result } from "../server/api.ts";

const OWN: Record<string, number> = { first: 0.4, second: 0.7 };
const PRODUCTS = [
  { name: "A", threshold: 0.2, model: null },
  { name: "B", threshold: 0.9, model: "second" },
] as Product[];

/** Models that were used: the service knows a model's own threshold from then on. */
let loaded: Set<string>;

/** Answers as the service does. */
async function serve(path: string): Promise<Response> {
  if (path === "api/models") {
    const models = Object.keys(OWN).map((name) => ({ name, threshold: loaded.has(name) ? OWN[name] : null }) as Model);
    return Response.json({ models });
  }
  const query = new URL(path, "http://service/").searchParams;
  const product = PRODUCTS.find(({ name }) => name === query.get("product"));
  const model = query.get("model") ?? product?.model ?? "first";
  loaded.add(model);
  const threshold = product?.threshold ?? OWN[model]!;
  return Response.json({ results: [{ id: "1", score: 0.5, threshold, model, product: product?.name ?? null }] });
}

beforeEach(() => {
  loaded = new Set();
  vi.resetModules();
  vi.stubGlobal("navigator", { language: "en" });
  vi.stubGlobal("fetch", serve);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** The session of a page that was just opened. */
async function openSession() {
  const catalog = await import("./catalog.ts");
  const session = await import("./session.ts");
  catalog.products.value = PRODUCTS;
  await catalog.loadModels();
  const look = async (): Promise<Result> => {
    const before = session.results.value.length;
    session.addFiles([new File([], "picture.png")]);
    await vi.waitFor(() => expect(session.results.value.length).toBe(before + 1));
    return session.results.value.at(-1)!;
  };
  return { ...session, look };
}

test("pictures are judged by what the service judged by, whatever was chosen before", async () => {
  const { look, chooseProduct, chooseModel, threshold } = await openSession();
  const agree = async (expected: number) => {
    expect((await look()).threshold).toBe(expected);
    expect(threshold.value).toBe(expected);
  };
  chooseProduct("A");
  await agree(0.2);
  chooseProduct(null);
  expect(threshold.value, "before the next picture").toBe(0.4);
  await agree(0.4);
  chooseProduct("B");
  await agree(0.9);
  chooseProduct(null);
  chooseModel("second");
  expect(threshold.value, "before the next picture").toBe(0.7);
  await agree(0.7);
  chooseModel(null);
  await agree(0.4);
});

test("a model's own threshold is known with its first result", async () => {
  const { look, chooseModel, threshold } = await openSession();
  chooseModel("second");
  expect(threshold.value).toBe(0.5);
  expect((await look()).threshold).toBe(0.7);
  expect(threshold.value).toBe(0.7);
});

test("a line that was set by hand holds until another product or model is chosen", async () => {
  const { look, chosenThreshold, chooseModel, threshold } = await openSession();
  await look();
  chosenThreshold.value = 0.1;
  expect(threshold.value).toBe(0.1);
  chooseModel("first");
  expect(threshold.value).toBe(0.4);
});

test("a service that does not answer is told of in words", async () => {
  const { items, addFiles } = await openSession();
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
  addFiles([new File([], "picture.png")]);
  await vi.waitFor(() => expect(items.value[0]?.state).toBe("failed"));
  expect(items.value[0]!.error).toBe("The service does not answer. Is it still running?");
});
