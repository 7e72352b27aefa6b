import { open } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { type RecordLine, readRecordAt, readRecords } from "./jsonl.ts";

const folder = useTemporaryFolder();

async function readAll(file: string): Promise<RecordLine[]> {
  const lines: RecordLine[] = [];
  for await (const line of readRecords(file)) lines.push(line);
  return lines;
}

describe("reading results.jsonl", () => {
  it("finds no records where there is no file", async () => {
    expect(await readAll(folder.path("absent"))).toEqual([]);
  });

  it("passes over damaged lines and a last line that was cut", async () => {
    const lines = ['{"image":"a","error":"1"}', "{", "", '{"image":"b","error":"2"}', '{"image":"c","error":"3"}'];
    const file = await folder.write("torn", lines.join("\n"));
    expect((await readAll(file)).map(({ record }) => record.image)).toEqual(["a", "b"]);
  });

  it("tells where every line lies, whatever the length of the lines", async () => {
    const records = [1, 5, 300_000, 2, 262_144, 600_000, 3].map((length, index) => ({
      image: `${index} ü`,
      error: "x".repeat(length),
    }));
    const file = await folder.write("long", records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const read = await readAll(file);
    expect(read.map(({ record }) => record)).toEqual(records);
    const handle = await open(file);
    try {
      for (const line of read.toReversed()) expect(await readRecordAt(handle, line)).toEqual(line.record);
    } finally {
      await handle.close();
    }
  });

  it("goes on behind a line that is too long to be one", async () => {
    const file = await folder.write(
      "endless",
      `{"image":"a","error":"${"x".repeat(34e6)}"}\n{"image":"b","error":"2"}\n`,
    );
    expect((await readAll(file)).map(({ record }) => record.image)).toEqual(["b"]);
  });
});
