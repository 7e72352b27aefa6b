import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { expect, it } from "vitest";
import { useTemporaryFolder } from "../weights/temporary-folder.fixture.ts";
import { listPictures } from "./list-pictures.ts";
import { writeTree } from "./picture-tree.fixture.ts";

const temporary = useTemporaryFolder();
const onWindows = process.platform === "win32";

it("lists pictures to any depth in natural order, and passes over what is hidden, junk or no picture", async () => {
  const root = temporary.path("plain");
  const hidden = [".thumbs/a.png", "a/.b.png", "__MACOSX/a/2.png", "a/@eaDir/2.png"];
  await writeTree(root, { pictures: ["a/10.png", "a/2.PNG", "a/b/c/1.jpg", "a/notes.txt", "a.bmp", "png", ...hidden] });
  expect(await listPictures(root)).toEqual(["a.bmp", "a/2.PNG", "a/10.png", "a/b/c/1.jpg"]);
});

it("stops where there is more than a data set would hold", async () => {
  const root = temporary.path("many");
  await writeTree(root, { pictures: ["a/1.png", "a/2.png"] });
  expect(await listPictures(root, 3)).toHaveLength(2);
  await expect(listPictures(root, 2)).rejects.toMatchObject({
    code: "E_DATASET",
    message: expect.stringContaining("more than 2 files and folders"),
  });
});

it.skipIf(onWindows)("reads every folder once, where it really lies, however many links lead there", async () => {
  const root = temporary.path("linked");
  await writeTree(root, { pictures: ["set/z/1.png"] });
  await writeTree(temporary.path("elsewhere"), { pictures: ["far/2.png"] });
  await symlink(".", `${root}/again`);
  await symlink("..", `${root}/set/z/up`);
  await symlink("z", `${root}/set/a`);
  await symlink(temporary.path("elsewhere"), `${root}/other`);
  expect(await listPictures(root)).toEqual(["other/far/2.png", "set/z/1.png"]);
});

it.skipIf(onWindows)("comes to an end where links multiply the ways", async () => {
  const root = temporary.path("ladder");
  for (let i = 0; i < 30; i++) {
    await mkdir(`${root}/${i}`, { recursive: true });
    for (const side of ["l", "r"]) await symlink(`../${i + 1}`, `${root}/${i}/${side}`);
  }
  await writeTree(root, { pictures: ["30/1.png"] });
  expect(await listPictures(root)).toEqual(["30/1.png"]);
});

it.skipIf(onWindows)("lists a linked picture even where it is missing, but no pipe", async () => {
  const root = temporary.path("odd");
  await writeTree(root, { pictures: ["1.png"] });
  await symlink("1.png", `${root}/2.png`);
  await symlink("nowhere.png", `${root}/3.png`);
  execFileSync("mkfifo", [`${root}/4.png`]);
  expect(await listPictures(root)).toEqual(["1.png", "2.png", "3.png"]);
});

// Root may read everything.
it.skipIf(onWindows || process.getuid?.() === 0)("says which folder may not be read", async () => {
  const root = temporary.path("locked");
  await writeTree(root, { pictures: ["a/1.png"] });
  await chmod(`${root}/a`, 0);
  await expect(listPictures(root)).rejects.toMatchObject({
    code: "E_DATASET",
    message: expect.stringContaining(`${root}/a: the folder cannot be read`),
  });
  await chmod(`${root}/a`, 0o700);
});
