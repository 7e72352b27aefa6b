/** Every benchmark in miniature, in each of its layouts. */

import type { Tree } from "../picture-tree.fixture.ts";
import { BENCHMARKS } from "./registry.ts";

export interface BenchmarkTree {
  id: string;
  /** The name of the layout. */
  layout: string;
  files: Tree;
  /** What is to be read, each as `class | specie | label | split | picture | mask`, in any order. */
  samples: string[];
}

const POLYPS = ["cvc-clinicdb", "cvc-colondb", "kvasir", "endo"];
const TWO_FOLDERS = ["brainmri", "br35h"];

/** All of them. */
export const BENCHMARK_TREES: readonly BenchmarkTree[] = BENCHMARKS.flatMap(({ id, classes, layouts }) =>
  layouts.map(({ name, tree }) => ({ id, layout: name, ...miniature(id, classes, name, tree) })),
);

/** One of them; by default in its first layout. */
export function benchmarkTree(id: string, layout = ""): BenchmarkTree {
  return BENCHMARK_TREES.find((tree) => tree.id === id && tree.layout.includes(layout))!;
}

// --- internal ---

type Miniature = Pick<BenchmarkTree, "files" | "samples">;

function miniature(id: string, classes: readonly string[], layout: string, tree: string): Miniature {
  if (id === "visa" && layout.startsWith("as downloaded")) return visa(classes);
  if (id === "dagm" && layout.includes("Kaggle")) return dagm(classes);
  if (id === "dagm" && layout.includes("2007")) return dagm2007(classes);
  if (tree.startsWith("<class>"))
    return classFolders(classes, id === "btad" ? "ok" : "good", /ground_truth\/<defect>\/(\S+)/.exec(tree)![1]!);
  if (layout === "as downloaded" && id === "sdd") return kolektor(classes[0]!);
  if (layout === "as downloaded" && id === "headct") return headCt();
  if (id === "isic") return layout.startsWith("as downloaded") ? isicDownload() : isicPaper();
  const [folder, mask] = [classes[0]!.replace("_", " "), tree.includes("ground_truth")];
  if (tree.includes("test/good")) return specieFolders(classes[0]!, folder, mask);
  if (POLYPS.includes(id))
    return layout === "as downloaded"
      ? picturesAndMasks("Original", "Ground Truth", "tif")
      : picturesAndMasks("images", "masks", "jpg");
  if (id === "tn3k") return tn3k();
  if (TWO_FOLDERS.includes(id)) return twoFolders("brain", "no", "yes");
  if (id === "covid19") return layout.includes("today") ? covidToday() : twoFolders("chest", "NORMAL", "COVID-19");
  throw new Error(`no miniature of ${id}, ${layout}`);
}

function classFolders(classes: readonly string[], normal: string, maskName: string): Miniature {
  const stem = /^\d+/.exec(maskName)![0];
  const of = (path: string) => classes.map((name) => `${name}/${path}`);
  return {
    files: {
      pictures: [
        ...of(`train/${normal}/${stem}.png`),
        ...of(`test/${normal}/${stem}.png`),
        ...of(`test/bent/${stem}.png`),
      ],
      marked: of(`ground_truth/bent/${maskName}`),
    },
    samples: classes.flatMap((name) => [
      `${name} | ${normal} | normal | train | ${name}/train/${normal}/${stem}.png | -`,
      `${name} | ${normal} | normal | test | ${name}/test/${normal}/${stem}.png | -`,
      `${name} | bent | abnormal | test | ${name}/test/bent/${stem}.png | ${name}/ground_truth/bent/${maskName}`,
    ]),
  };
}

function visa(classes: readonly string[]): Miniature {
  const rows = classes.flatMap((name) => [
    `${name},train,normal,${name}/Data/Images/Normal/0000.JPG,`,
    `${name},test,normal,${name}/Data/Images/Normal/0001.JPG,`,
    `${name},test,anomaly,${name}/Data/Images/Anomaly/000.JPG,${name}/Data/Masks/Anomaly/000.png`,
  ]);
  const images = (name: string) => `${name}/Data/Images`;
  return {
    files: {
      pictures: classes.flatMap((name) =>
        ["Normal/0000.JPG", "Normal/0001.JPG", "Anomaly/000.JPG"].map((path) => `${images(name)}/${path}`),
      ),
      marked: classes.map((name) => `${name}/Data/Masks/Anomaly/000.png`),
      others: { "split_csv/1cls.csv": `object,split,label,image,mask\n${rows.join("\n")}\n` },
    },
    samples: classes.flatMap((name) => [
      `${name} | good | normal | train | ${images(name)}/Normal/0000.JPG | -`,
      `${name} | good | normal | test | ${images(name)}/Normal/0001.JPG | -`,
      `${name} | defect | abnormal | test | ${images(name)}/Anomaly/000.JPG | ${name}/Data/Masks/Anomaly/000.png`,
    ]),
  };
}

function dagm(classes: readonly string[]): Miniature {
  const splits = classes.flatMap((name) =>
    ["Train", "Test"].map((split) => ({ name, split, folder: `${name}/${split}` })),
  );
  return {
    files: {
      pictures: splits.flatMap(({ folder }) => [`${folder}/0001.PNG`, `${folder}/0002.PNG`]),
      marked: splits.map(({ folder }) => `${folder}/Label/0002_label.PNG`),
      others: { "Class1/Train/Label/Labels.txt": "1 0 0001.PNG 0 0" },
    },
    samples: splits.flatMap(({ name, split, folder }) => [
      `${name} | good | normal | ${split.toLowerCase()} | ${folder}/0001.PNG | -`,
      `${name} | defect | abnormal | ${split.toLowerCase()} | ${folder}/0002.PNG | ${folder}/Label/0002_label.PNG`,
    ]),
  };
}

function dagm2007(classes: readonly string[]): Miniature {
  return {
    files: { pictures: classes.flatMap((name) => [`${name}/1.png`, `${name}_def/1.png`]) },
    samples: classes.flatMap((name) => [
      `${name} | good | normal | any | ${name}/1.png | -`,
      `${name} | defect | abnormal | any | ${name}_def/1.png | -`,
    ]),
  };
}

function kolektor(className: string): Miniature {
  return {
    files: {
      pictures: ["kos01/Part0.jpg", "kos01/Part5.jpg", "kos02/Part0.jpg"],
      marked: ["kos01/Part5_label.bmp"],
      blank: ["kos01/Part0_label.bmp", "kos02/Part0_label.bmp"],
    },
    samples: [
      `${className} | good | normal | any | kos01/Part0.jpg | -`,
      `${className} | defect | abnormal | any | kos01/Part5.jpg | kos01/Part5_label.bmp`,
      `${className} | good | normal | any | kos02/Part0.jpg | -`,
    ],
  };
}

function headCt(): Miniature {
  return {
    files: {
      pictures: ["head_ct/000.png", "head_ct/001.png", "head_ct/010.png"],
      // The header of the published file has a space.
      others: { "labels.csv": "id, hemorrhage\n0, 1\n1, 0\n10, 0\n" },
    },
    samples: [
      "brain | defect | abnormal | any | head_ct/000.png | -",
      "brain | good | normal | any | head_ct/001.png | -",
      "brain | good | normal | any | head_ct/010.png | -",
    ],
  };
}

function isicPaper(): Miniature {
  const mask = "skin/ISBI2016_ISIC_Part1_Test_GroundTruth/ISIC_0000003_Segmentation.png";
  return {
    files: { pictures: ["skin/test/lesion/ISIC_0000003.jpg"], marked: [mask] },
    samples: [`skin | lesion | abnormal | test | skin/test/lesion/ISIC_0000003.jpg | ${mask}`],
  };
}

function isicDownload(): Miniature {
  const part = (name: string) =>
    [
      `ISBI2016_ISIC_Part1_${name}_Data/ISIC_0000003.jpg`,
      `ISBI2016_ISIC_Part1_${name}_GroundTruth/ISIC_0000003_Segmentation.png`,
    ] as const;
  const [test, training] = [part("Test"), part("Training")];
  return {
    files: { pictures: [test[0], training[0].replace("03", "04")], marked: [test[1], training[1].replace("03", "04")] },
    samples: [
      `skin | defect | abnormal | test | ${test.join(" | ")}`,
      `skin | defect | abnormal | train | ${training.join(" | ").replaceAll("03", "04")}`,
    ],
  };
}

function specieFolders(className: string, folder: string, masks: boolean): Miniature {
  const mask = `${folder}/ground_truth/defect/000_mask.png`;
  return {
    files: {
      pictures: [`${folder}/test/good/000.png`, `${folder}/test/defect/000.png`],
      marked: masks ? [mask] : [],
    },
    samples: [
      `${className} | good | normal | test | ${folder}/test/good/000.png | -`,
      `${className} | defect | abnormal | test | ${folder}/test/defect/000.png | ${masks ? mask : "-"}`,
    ],
  };
}

function picturesAndMasks(pictures: string, masks: string, extension: string): Miniature {
  const stems = ["1", "2", "10"];
  const of = (folder: string) => stems.map((stem) => `${folder}/${stem}.${extension}`);
  return {
    files: { pictures: of(pictures), marked: of(masks) },
    samples: stems.map(
      (stem) => `colon | defect | abnormal | any | ${pictures}/${stem}.${extension} | ${masks}/${stem}.${extension}`,
    ),
  };
}

function tn3k(): Miniature {
  const parts = [
    ["test", "test"],
    ["trainval", "train"],
  ] as const;
  return {
    files: {
      pictures: parts.map(([part]) => `${part}-image/0000.jpg`),
      marked: parts.map(([part]) => `${part}-mask/0000.jpg`),
    },
    samples: parts.map(
      ([part, split]) => `thyroid | defect | abnormal | ${split} | ${part}-image/0000.jpg | ${part}-mask/0000.jpg`,
    ),
  };
}

function twoFolders(className: string, normal: string, abnormal: string): Miniature {
  return {
    files: { pictures: [`${normal}/1.jpg`, `${abnormal}/1.jpg`] },
    samples: [
      `${className} | ${normal} | normal | any | ${normal}/1.jpg | -`,
      `${className} | ${abnormal} | abnormal | any | ${abnormal}/1.jpg | -`,
    ],
  };
}

function covidToday(): Miniature {
  return {
    files: {
      pictures: [
        "Normal/images/Normal-1.png",
        "COVID/images/COVID-1.png",
        "Viral Pneumonia/images/Viral Pneumonia-1.png",
      ],
      // Masks of lungs.
      marked: ["Normal/masks/Normal-1.png", "COVID/masks/COVID-1.png"],
    },
    samples: [
      "chest | Normal | normal | any | Normal/images/Normal-1.png | -",
      "chest | COVID | abnormal | any | COVID/images/COVID-1.png | -",
    ],
  };
}
