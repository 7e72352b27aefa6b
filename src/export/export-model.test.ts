import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { exportModel } from "./export-model.ts";

const temporary = useTemporaryFolder();

test.each([
  ["pixels, one picture", {}],
  ["normalised pixels, any number of pictures", { input: "float", batch: "dynamic" }],
  ["pixels, three pictures, weights beside", { batch: 3, external: true }],
] as const)("a model of %s says what the detector says", async (name, options) => {
  const { check, files, inputs } = await exportModel(temporary.path(`${name}/model.onnx`), options);
  expect(check!.score).toBeLessThan(1e-4);
  expect(check!.map).toBeLessThan(1e-4);
  expect(files).toHaveLength("external" in options ? 2 : 1);
  expect(await readdir(temporary.path(name))).toHaveLength(files.length);
  expect(inputs.map((port) => port.name)).toEqual(["image"]);
});

test("a model repository has the model, and a configuration with its inputs", async () => {
  const folder = temporary.path("repository");
  const { files } = await exportModel(folder, { layout: "triton", name: "parts", check: false });
  expect(files.map(({ path }) => path.slice(folder.length + 1))).toEqual(["parts/1/model.onnx", "parts/config.pbtxt"]);
});

test("a file that is there is not replaced, and a place that cannot be written to is one line", async () => {
  const file = await temporary.write("taken.onnx", "mine");
  await expect(exportModel(file)).rejects.toThrow("exists already; --force replaces it");
  await expect(exportModel("/proc/model.onnx")).rejects.toMatchObject({ code: "E_CONFIG" });
  await expect(exportModel(temporary.path("x.onnx"), { batch: 0 })).rejects.toThrow("batch must be 1 or more");
});
