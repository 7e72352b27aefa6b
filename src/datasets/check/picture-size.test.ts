import { execFileSync } from "node:child_process";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { useTemporaryFolder } from "../../weights/temporary-folder.fixture.ts";
import { readPictureSize } from "./picture-size.ts";

const temporary = useTemporaryFolder();
const grey = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "grey" } });

/** The first bytes of a bitmap: `infoBytes` says which kind of header it has. */
function bitmap(infoBytes: number, width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(54);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(14, infoBytes, true);
  if (infoBytes === 12) view.setUint32(18, width | (height << 16), true);
  else {
    view.setInt32(18, width, true);
    view.setInt32(22, height, true);
  }
  return bytes;
}

describe("the size of a picture", () => {
  it.each([
    ["a.png", grey(5, 3).png().toBuffer(), [5, 3]],
    ["a.jpg", grey(5, 3).jpeg().toBuffer(), [5, 3]],
    ["upright.jpg", grey(5, 3).withMetadata({ orientation: 6 }).jpeg().toBuffer(), [3, 5]],
    ["a.tif", grey(5, 3).tiff().toBuffer(), [5, 3]],
    ["named-wrongly.png", grey(5, 3).jpeg().toBuffer(), [5, 3]],
    ["a.bmp", Promise.resolve(bitmap(40, 5, 3)), [5, 3]],
    ["from-the-top.bmp", Promise.resolve(bitmap(40, 5, -3)), [5, 3]],
    ["old.bmp", Promise.resolve(bitmap(12, 5, 3)), [5, 3]],
  ])("of %s is in its header", async (name, bytes, [width, height]) => {
    expect(await readPictureSize(await temporary.write(name, await bytes))).toEqual({ width, height });
  });

  it("needs no more than the header", async () => {
    const bytes = await grey(400, 300).png({ compressionLevel: 0 }).toBuffer();
    const file = await temporary.write("cut.png", bytes.subarray(0, 1000));
    expect(await readPictureSize(file)).toEqual({ width: 400, height: 300 });
  });

  it.each([
    ["empty.png", "", "empty.png: empty"],
    ["text.png", "no picture", "text.png: not a picture"],
    ["short.png", "\u0089PNG\r\n\u001a\n", "short.png: cannot be read ("],
    ["short.bmp", "BM1234", "short.bmp: the BMP ends inside its header"],
    ["line\nbreak.png", "", "line\\x0abreak.png: empty"],
  ])("is refused for %j", async (name, text, message) => {
    await expect(readPictureSize(await temporary.write(name, Buffer.from(text, "latin1")))).rejects.toMatchObject({
      code: "E_IMAGE",
      message: expect.stringContaining(message),
    });
  });

  it.skipIf(process.platform === "win32")("does not wait for a pipe, nor for a file that is not there", async () => {
    const pipe = temporary.path("pipe.png");
    execFileSync("mkfifo", [pipe]);
    await expect(readPictureSize(pipe)).rejects.toThrow("pipe.png: not a regular file");
    await expect(readPictureSize(temporary.path("none.png"))).rejects.toMatchObject({ code: "E_IMAGE" });
  });
});
