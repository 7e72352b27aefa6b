import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { streamBody } from "./stream-body.ts";

test("a body is what the stream holds, and fails as it does", async () => {
  const chunks = Array.from({ length: 100 }, (_, i) => `${i},`);
  const stream = Readable.from(chunks, { objectMode: false });
  expect(await new Response(streamBody(stream)).text()).toBe(chunks.join(""));
  const failing = new Readable({ read: () => void failing.destroy(new Error("the disk has gone")) });
  await expect(new Response(streamBody(failing)).text()).rejects.toThrow("the disk has gone");
});

test("a reader that leaves ends the stream, whenever that is", async () => {
  for (let turns = 0; turns < 10; turns++) {
    const stream = new PassThrough();
    stream.write("on its way");
    const reader = streamBody(stream).getReader();
    for (let i = 0; i < turns; i++) await Promise.resolve();
    await reader.cancel();
    await expect.poll(() => stream.closed).toBe(true);
  }
});

test("a reader that leaves ends a stream that is silent", async () => {
  const stream = new Readable({ read: () => undefined });
  const reader = streamBody(stream).getReader();
  const asked = reader.read();
  await reader.cancel();
  expect(await asked).toEqual({ done: true, value: undefined });
  await expect.poll(() => stream.closed).toBe(true);
});
