import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Admission } from "./admission.ts";
import { eachFile, receivePictures } from "./receive.ts";

const LIMITS = { bytes: 1000, pixels: 1000, images: 2, seconds: 5 };

function admission() {
  return new Admission({ capacity: 10, inHand: 1, bytes: 5000 });
}

function post(body: BodyInit | Uint8Array, headers: Record<string, string> = {}): Request {
  return new Request("http://localhost/api/detect", { method: "POST", body: body as BodyInit, headers });
}

type BodyInit = NonNullable<RequestInit["body"]>;

function receive(request: Request, gate = admission(), release: (() => void)[] = []) {
  return receivePictures(request, LIMITS, gate, release);
}

test("files of a multipart body keep their bytes and names, whatever letters they have", async () => {
  const form = new FormData();
  form.append("image", new Blob([Uint8Array.of(1, 2, 3)]), "C:\\fotos\\결함 1.png");
  form.append("image", new Blob([Uint8Array.of(4)]), "b.png");
  const pictures = await receive(post(form));
  expect(pictures.map(({ name, bytes }) => [name, [...bytes]])).toEqual([
    ["C:/fotos/결함 1.png", [1, 2, 3]],
    ["b.png", [4]],
  ]);
});

test("a raw body is one picture, named by a header", async () => {
  const headers = { "content-type": "image/png", "x-file-name": encodeURIComponent("teil 1.png") };
  const [picture] = await receive(post(Uint8Array.of(9, 8), headers));
  expect([picture!.name, ...picture!.bytes]).toEqual(["teil 1.png", 9, 8]);
});

test("JSON holds base64, also as a data URL", async () => {
  const images = [{ name: "a.png", data: "AQI=" }, { data: "data:image/png;base64,Aw==" }];
  const pictures = await receive(post(JSON.stringify({ images }), { "content-type": "application/json" }));
  expect(pictures.map(({ name, bytes }) => [name, ...bytes])).toEqual([
    ["a.png", 1, 2],
    ["picture 2", 3],
  ]);
});

test.each([
  ["more bytes than allowed", 413, new Uint8Array(1001), { "content-type": "image/png" }],
  ["an empty body", 400, new Uint8Array(0), { "content-type": "image/png" }],
  ["a type that is no picture", 415, "x", { "content-type": "text/plain" }],
  ["JSON that is none", 400, "{", { "content-type": "application/json" }],
  ["JSON of another shape", 400, '{"images":[{"data":5}]}', { "content-type": "application/json" }],
  ["a multipart body that ends early", 400, "--x\r\n", { "content-type": "multipart/form-data; boundary=x" }],
  ["a multipart body without a boundary", 400, "--x\r\n", { "content-type": "multipart/form-data" }],
])("%s is refused with %i", async (_, status, body, headers) => {
  await expect(receive(post(body, headers))).rejects.toMatchObject({ name: "ProblemError", status });
});

test("a file in a multipart body that breaks off is a bad request", async () => {
  const body = '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\nabc';
  const request = post(body, { "content-type": "multipart/form-data; boundary=x" });
  await expect(receive(request)).rejects.toMatchObject({ status: 400 });
});

test("more files than allowed are refused", async () => {
  const form = new FormData();
  for (let i = 0; i < 3; i++) form.append("image", new Blob([Uint8Array.of(i)]), `${i}.png`);
  await expect(receive(post(form))).rejects.toMatchObject({ status: 413 });
});

test("once a request is refused, none of its files is being taken any more", async () => {
  const form = new FormData();
  for (let i = 0; i < 3; i++) form.append("image", new Blob(["x".repeat(20_000)]), `${i}.png`);
  const working = new Set<string>();
  const taken = eachFile(post(form), { bytes: 100_000, files: 2 }, async ({ name, stream }) => {
    working.add(name);
    try {
      for await (const _ of stream) await delay(5);
    } finally {
      working.delete(name);
    }
  });
  await expect(taken).rejects.toMatchObject({ status: 413 });
  expect([...working]).toEqual([]);
  await delay(50);
  expect([...working]).toEqual([]);
});

test("what a refused request held in memory is released with it", async () => {
  const form = new FormData();
  for (let i = 0; i < 41; i++) form.append("image", new Blob(["x".repeat(100)]), `${i}.png`);
  // In one piece, as a small request comes over the network.
  const whole = new Response(form);
  const request = post(new Uint8Array(await whole.arrayBuffer()), {
    "content-type": whole.headers.get("content-type")!,
  });
  const gate = admission();
  const release: (() => void)[] = [];
  const received = receivePictures(request, { ...LIMITS, bytes: 100_000, images: 40 }, gate, release);
  await expect(received).rejects.toMatchObject({ status: 413 });
  for (const free of release) free();
  await delay(50);
  expect(() => gate.hold(5000)).not.toThrow();
});

test("uploads beyond the memory for them are told to come back, and what is released makes room again", async () => {
  const gate = new Admission({ capacity: 10, inHand: 1, bytes: 1500 });
  const headers = { "content-type": "image/png" };
  const release: (() => void)[] = [];
  await receive(post(new Uint8Array(1000), headers), gate, release);
  await expect(receive(post(new Uint8Array(1000), headers), gate)).rejects.toMatchObject({ status: 429 });
  for (const free of release) free();
  await expect(receive(post(new Uint8Array(400), headers), gate)).resolves.toHaveLength(1);
});

test("a body that does not come in time gives its place free", async () => {
  const gate = admission();
  const release: (() => void)[] = [];
  const slow = (headers: Record<string, string>) =>
    new Request("http://localhost/api/detect", {
      ...{ method: "POST", headers, duplex: "half" },
      body: new ReadableStream({ start: (controller) => controller.enqueue(Uint8Array.of(1)) }),
    } as RequestInit);
  for (const type of ["image/png", "multipart/form-data; boundary=x", "application/json"]) {
    const received = receivePictures(slow({ "Content-Type": type }), { ...LIMITS, seconds: 0.05 }, gate, release);
    await expect(received, type).rejects.toThrow("within 0.05 s");
  }
});
