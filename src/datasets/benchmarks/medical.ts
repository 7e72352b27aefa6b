/**
 * The ten medical benchmarks of the paper. Home pages are those of the released code's README where it has them. Six have
 * masks and no normal pictures; four have normal pictures and no masks.
 */

import type { Benchmark } from "./benchmark.ts";
import { picturesAndMasks, specieFolders, twoFolders } from "./layouts.ts";

const AS_IN_THE_PAPER = "as in the paper";
const LIKE_MVTEC = "in the layout of MVTec AD";
const POLYPS = "https://figshare.com/articles/figure/Polyp_DataSet_zip/21221579";

export const MEDICAL_BENCHMARKS: readonly Benchmark[] = [
  {
    id: "isic",
    title: "ISIC 2016, task 1",
    domain: "medical",
    classes: ["skin"],
    homePage: "https://challenge.isic-archive.com/landing/2016/37",
    download: "https://isic-challenge-data.s3.amazonaws.com/2016/ISBI2016_ISIC_Part1_Test_Data.zip",
    licence: "CC0",
    downloadSize: null,
    masks: true,
    normalPictures: false,
    layouts: [
      {
        name: AS_IN_THE_PAPER,
        tree: `\
skin/
  test/<lesion>/ISIC_0000003.jpg ...
  ISBI2016_ISIC_Part1_Test_GroundTruth/ISIC_0000003_Segmentation.png ...`,
        pictures: [{ path: "{split}/{specie}/*" }],
        masks: ["ISBI2016_ISIC_Part1_Test_GroundTruth/*", "ground_truth/{specie}/*"],
        label: { by: "specie", normal: ["good"] },
      },
      {
        name: "as downloaded (two archives, side by side)",
        tree: `\
ISBI2016_ISIC_Part1_Test_Data/ISIC_0000003.jpg ...
ISBI2016_ISIC_Part1_Test_GroundTruth/ISIC_0000003_Segmentation.png ...`,
        pictures: [
          { path: "ISBI2016_ISIC_Part1_Test_Data/*", split: "test", abnormal: true },
          { path: "ISBI2016_ISIC_Part1_Training_Data/*", split: "train", abnormal: true },
        ],
        masks: ["ISBI2016_ISIC_Part1_Test_GroundTruth/*", "ISBI2016_ISIC_Part1_Training_GroundTruth/*"],
        label: { by: "place" },
      },
    ],
    folders: ["skin"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 0, abnormal: 379 }, masks: 379 }],
    notes: ["The masks are an archive of their own: ISBI2016_ISIC_Part1_Test_GroundTruth.zip."],
  },
  {
    id: "cvc-clinicdb",
    title: "CVC-ClinicDB",
    domain: "medical",
    classes: ["colon"],
    homePage: "https://polyp.grand-challenge.org/CVCClinicDB/",
    download: POLYPS,
    licence: null,
    downloadSize: null,
    masks: true,
    normalPictures: false,
    layouts: [
      picturesAndMasks(AS_IN_THE_PAPER, "images", "masks"),
      picturesAndMasks("as downloaded", "Original", "Ground Truth|GroundTruth|Ground_Truth"),
      specieFolders(LIKE_MVTEC, "colon", true),
    ],
    folders: ["CVC-ClinicDB", "ClinicDB", "cvc_clinicdb", "PNG", "TIF"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 0, abnormal: 612 }, masks: 612 }],
    notes: [],
  },
  {
    id: "cvc-colondb",
    title: "CVC-ColonDB",
    domain: "medical",
    classes: ["colon"],
    homePage: POLYPS,
    licence: null,
    downloadSize: null,
    masks: true,
    normalPictures: false,
    layouts: [
      picturesAndMasks("as downloaded, and in the paper", "images", "masks"),
      specieFolders(LIKE_MVTEC, "colon", true),
    ],
    folders: ["CVC-ColonDB", "ColonDB", "cvc_colondb"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 0, abnormal: 380 }, masks: 380 }],
    notes: [],
  },
  {
    id: "kvasir",
    title: "Kvasir-SEG",
    domain: "medical",
    classes: ["colon"],
    homePage: "https://datasets.simula.no/kvasir-seg/",
    download: "https://datasets.simula.no/downloads/kvasir-seg.zip",
    licence: null,
    downloadSize: "46.2 MB",
    masks: true,
    normalPictures: false,
    layouts: [
      picturesAndMasks("as downloaded, and in the paper", "images", "masks"),
      specieFolders(LIKE_MVTEC, "colon", true),
    ],
    folders: ["Kvasir-SEG", "Kvasir"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 0, abnormal: 1000 }, masks: 1000 }],
    notes: ["Its masks are JPEGs: their edges have many values; everything above 0 counts as anomalous."],
  },
  {
    id: "endo",
    title: "EndoTect 2020",
    domain: "medical",
    classes: ["colon"],
    homePage: "https://drive.google.com/file/d/1LNpLkv5ZlEUzr_RPN5rdOHaqk0SkZa3m/view",
    licence: null,
    downloadSize: null,
    masks: true,
    normalPictures: false,
    layouts: [
      picturesAndMasks("as downloaded, and in the paper", "images", "masks"),
      specieFolders(LIKE_MVTEC, "colon", true),
    ],
    folders: ["EndoTect_2020_Segmentation_Test_Dataset"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 0, abnormal: 200 }, masks: 200 }],
    notes: [],
  },
  {
    id: "tn3k",
    title: "TN3K",
    domain: "medical",
    classes: ["thyroid"],
    homePage: "https://github.com/haifangong/TRFE-Net-for-thyroid-nodule-segmentation",
    licence: null,
    downloadSize: null,
    masks: true,
    normalPictures: false,
    layouts: [
      {
        name: "as downloaded, and in the paper",
        tree: `\
test-image/0000.jpg ...
test-mask/0000.jpg ...
trainval-image/0000.jpg ... (optional)
trainval-mask/0000.jpg ...`,
        pictures: [
          { path: "{part=test}-image/*", split: "test", abnormal: true },
          { path: "{part=trainval}-image/*", split: "train", abnormal: true },
        ],
        masks: ["{part=test|trainval}-mask/*"],
        label: { by: "place" },
      },
      specieFolders(LIKE_MVTEC, "thyroid", true),
    ],
    folders: ["tn3k"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 0, abnormal: 614 }, masks: 614 }],
    notes: ["Its masks are JPEGs: their edges have many values; everything above 0 counts as anomalous."],
  },
  {
    id: "headct",
    title: "HeadCT",
    domain: "medical",
    classes: ["brain"],
    homePage: "https://www.kaggle.com/datasets/felipekitamura/head-ct-hemorrhage",
    licence: null,
    downloadSize: null,
    masks: false,
    normalPictures: true,
    layouts: [
      specieFolders(AS_IN_THE_PAPER, "brain", false),
      {
        name: "as downloaded",
        tree: `\
labels.csv (id, hemorrhage)
head_ct/000.png ...`,
        pictures: [{ path: "head_ct/*" }],
        masks: [],
        label: { by: "table", file: "labels.csv", key: "id", value: "hemorrhage" },
      },
    ],
    folders: ["brain", "head_ct"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 100, abnormal: 100 }, masks: 0 }],
    notes: [],
  },
  {
    id: "brainmri",
    title: "BrainMRI",
    domain: "medical",
    classes: ["brain"],
    homePage: "https://www.kaggle.com/datasets/navoneel/brain-mri-images-for-brain-tumor-detection",
    licence: null,
    downloadSize: null,
    masks: false,
    normalPictures: true,
    layouts: [
      twoFolders("as downloaded, and in the paper (in brain_tumor_dataset)", "no", "yes"),
      specieFolders(LIKE_MVTEC, "brain", false),
    ],
    folders: ["brain_tumor_dataset"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 98, abnormal: 155 }, masks: 0 }],
    notes: ["The archive holds the pictures twice, at its root and in brain_tumor_dataset: they are read once."],
  },
  {
    id: "br35h",
    title: "Br35H",
    domain: "medical",
    classes: ["brain"],
    homePage: "https://www.kaggle.com/datasets/ahmedhamada0/brain-tumor-detection",
    licence: null,
    downloadSize: null,
    masks: false,
    normalPictures: true,
    layouts: [twoFolders("as downloaded, and in the paper", "no", "yes"), specieFolders(LIKE_MVTEC, "brain", false)],
    folders: ["Br35H"],
    published: [{ name: AS_IN_THE_PAPER, train: null, test: { normal: 1500, abnormal: 1500 }, masks: 0 }],
    notes: [
      "The folders pred and Br35H-Mask-RCNN of the archive are not part of it.",
      "Many of its pictures are in it twice.",
    ],
  },
  {
    id: "covid19",
    title: "COVID-19 Radiography",
    domain: "medical",
    classes: ["chest"],
    homePage: "https://www.kaggle.com/datasets/tawsifurrahman/covid19-radiography-database",
    licence: null,
    downloadSize: null,
    masks: false,
    normalPictures: true,
    layouts: [
      {
        name: "as in the paper (the first release)",
        tree: `\
NORMAL/1.png ...
COVID-19/1.png ...`,
        pictures: [{ path: "{specie=NORMAL|COVID|COVID-19|COVID19}/*" }],
        masks: [],
        label: { by: "specie", normal: ["normal"] },
      },
      {
        name: "as downloaded today",
        tree: `\
Normal/images/Normal-1.png ...
COVID/images/COVID-1.png ...`,
        pictures: [{ path: "{specie=Normal|COVID}/images/*" }],
        masks: [],
        label: { by: "specie", normal: ["normal"] },
      },
      specieFolders(LIKE_MVTEC, "chest", false),
    ],
    folders: ["COVID-19_Radiography_Dataset", "COVID-19 Radiography Database"],
    published: [
      { name: "as in the paper (the first release)", train: null, test: { normal: 1341, abnormal: 219 }, masks: 0 },
      { name: "as downloaded today", train: null, test: { normal: 10_192, abnormal: 3616 }, masks: 0 },
    ],
    notes: [
      "COVID is abnormal, Normal is normal; Lung_Opacity and Viral Pneumonia are left out.",
      "Its masks are of lungs, not of anomalies: they are not read.",
    ],
  },
];
