/** Layouts that several benchmarks share. */

import type { Layout } from "./benchmark.ts";

/** The layout of MVTec AD: classes, splits, species; masks apart. @param normal name of the folder of normal pictures */
export function classFolders(normal = "good", name = "as downloaded, and in the paper", mask = "000_mask.png"): Layout {
  return {
    name,
    tree: `\
<class>/
  train/${normal}/000.png ...
  test/${normal}/000.png ...
  test/<defect>/000.png ...
  ground_truth/<defect>/${mask} ...`,
    pictures: [{ path: "{class}/{split}/{specie}/*" }],
    masks: ["{class}/ground_truth/{specie}/*"],
    label: { by: "specie", normal: [normal] },
  };
}

/** The same for a benchmark of one class, whatever its folder is called. */
export function specieFolders(name: string, folder: string, masks: boolean): Layout {
  return {
    name,
    tree: `\
${folder}/
  test/good/000.png ...
  test/defect/000.png ...${masks ? "\n  ground_truth/defect/000.png ..." : ""}`,
    pictures: [{ path: "{split}/{specie}/*" }],
    masks: masks ? ["ground_truth/{specie}/*"] : [],
    label: { by: "specie", normal: ["good"] },
  };
}

/** Abnormal pictures in one folder, masks of the same stems in another. */
export function picturesAndMasks(name: string, pictures: string, masks: string): Layout {
  const [shown, shownMasks] = [pictures, masks].map((names) => names.split("|")[0]!);
  return {
    name,
    tree: `\
${shown}/1.png ...
${shownMasks}/1.png ...`,
    pictures: [{ path: `${pictures}/*`, abnormal: true }],
    masks: [`${masks}/*`],
    label: { by: "place" },
  };
}

/** Normal pictures in one folder, abnormal ones in another; no masks. */
export function twoFolders(name: string, normal: string, abnormal: string): Layout {
  return {
    name,
    tree: `\
${normal}/1.jpg ...
${abnormal}/1.jpg ...`,
    pictures: [{ path: `{specie=${normal}|${abnormal}}/*` }],
    masks: [],
    label: { by: "specie", normal: [normal] },
  };
}
