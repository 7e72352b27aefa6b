/**
 * The seven industrial benchmarks of the paper. Home pages are those of the released code's README where it has them;
 * counts of train and test are the data sets' own, which the paper's table of data sets repeats.
 */

import type { Benchmark } from "./benchmark.ts";
import { classFolders, specieFolders } from "./layouts.ts";

const CC_BY_NC_SA = "CC BY-NC-SA 4.0";
const AS_IN_THE_PAPER = "as in the paper";

export const INDUSTRIAL_BENCHMARKS: readonly Benchmark[] = [
  {
    id: "mvtec",
    title: "MVTec AD",
    domain: "industrial",
    classes: [
      ...["bottle", "cable", "capsule", "carpet", "grid", "hazelnut", "leather", "metal_nut"],
      ...["pill", "screw", "tile", "toothbrush", "transistor", "wood", "zipper"],
    ],
    homePage: "https://www.mvtec.com/company/research/datasets/mvtec-ad",
    licence: CC_BY_NC_SA,
    downloadSize: "about 5 GB",
    masks: true,
    normalPictures: true,
    layouts: [classFolders()],
    folders: ["mvtec_anomaly_detection", "mvtec", "mvtec_ad"],
    published: [
      {
        name: AS_IN_THE_PAPER,
        train: { normal: 3629, abnormal: 0 },
        test: { normal: 467, abnormal: 1258 },
        masks: 1258,
      },
    ],
    notes: ["The paper's models are trained on its test split."],
  },
  {
    id: "visa",
    title: "VisA",
    domain: "industrial",
    classes: [
      ...["candle", "capsules", "cashew", "chewinggum", "fryum", "macaroni1", "macaroni2"],
      ...["pcb1", "pcb2", "pcb3", "pcb4", "pipe_fryum"],
    ],
    homePage: "https://github.com/amazon-science/spot-diff",
    download: "https://amazon-visual-anomaly.s3.us-west-2.amazonaws.com/VisA_20220922.tar",
    licence: "CC BY 4.0",
    downloadSize: "1.9 GB",
    masks: true,
    normalPictures: true,
    layouts: [
      {
        name: "as downloaded, and in the paper",
        tree: `\
split_csv/1cls.csv
<class>/Data/
  Images/Normal/0000.JPG ...
  Images/Anomaly/000.JPG ...
  Masks/Anomaly/000.png ...`,
        pictures: [{ path: "{class}/Data/Images/{specie=Normal|Anomaly}/*" }],
        masks: ["{class}/Data/Masks/{specie}/*"],
        label: { by: "list", file: "split_csv/1cls.csv" },
      },
      classFolders("good", "as its own prepare_data.py arranges it", "000.png"),
    ],
    folders: ["1cls", "VisA", "VisA_20220922"],
    published: [
      {
        name: AS_IN_THE_PAPER,
        train: { normal: 8659, abnormal: 0 },
        test: { normal: 962, abnormal: 1200 },
        masks: 1200,
      },
    ],
    notes: ["The models that the paper judges on MVTec AD are trained on its test split."],
  },
  {
    id: "mpdd",
    title: "MPDD",
    domain: "industrial",
    classes: ["bracket_black", "bracket_brown", "bracket_white", "connector", "metal_plate", "tubes"],
    homePage: "https://github.com/stepanje/MPDD",
    licence: null,
    downloadSize: null,
    masks: true,
    normalPictures: true,
    layouts: [classFolders()],
    folders: ["MPDD"],
    published: [
      { name: AS_IN_THE_PAPER, train: { normal: 888, abnormal: 0 }, test: { normal: 176, abnormal: 282 }, masks: 282 },
    ],
    notes: [],
  },
  {
    id: "btad",
    title: "BTAD (beanTech)",
    domain: "industrial",
    classes: ["01", "02", "03"],
    homePage: "https://github.com/pankajmishra000/VT-ADL",
    download: "http://avires.dimi.uniud.it/papers/btad/btad.zip",
    licence: CC_BY_NC_SA,
    downloadSize: null,
    masks: true,
    normalPictures: true,
    layouts: [classFolders("ok", "as downloaded, and in the paper", "0000.png")],
    folders: ["BTech_Dataset_transformed"],
    published: [
      { name: AS_IN_THE_PAPER, train: { normal: 1799, abnormal: 0 }, test: { normal: 451, abnormal: 290 }, masks: 290 },
    ],
    notes: [],
  },
  {
    id: "sdd",
    title: "SDD (KolektorSDD)",
    domain: "industrial",
    classes: ["electrical_commutators"],
    homePage: "https://www.vicos.si/resources/kolektorsdd/",
    licence: CC_BY_NC_SA,
    downloadSize: null,
    masks: true,
    normalPictures: true,
    layouts: [
      specieFolders("as in the paper (cut into pieces)", "electrical commutators", true),
      {
        name: "as downloaded",
        tree: `\
kos01/
  Part0.jpg, Part0_label.bmp ... (an all-black label means normal)`,
        pictures: [{ path: "{part=kos*}/Part*.jpg" }],
        masks: ["{part=kos*}/Part*_label.bmp"],
        label: { by: "mask content" },
      },
    ],
    folders: ["KolektorSDD"],
    published: [
      { name: "as in the paper (cut into pieces)", train: null, test: { normal: 181, abnormal: 74 }, masks: 74 },
      { name: "as downloaded", train: null, test: { normal: 347, abnormal: 52 }, masks: 52 },
    ],
    notes: ["The paper's pictures are pieces of the downloaded ones: figures of the two do not compare."],
  },
  {
    id: "dagm",
    title: "DAGM 2007",
    domain: "industrial",
    classes: Array.from({ length: 10 }, (_, index) => `Class${index + 1}`),
    homePage: "https://www.kaggle.com/datasets/mhskjelvareid/dagm-2007-competition-dataset-optical-inspection",
    licence: null,
    downloadSize: null,
    masks: true,
    normalPictures: true,
    layouts: [
      {
        name: "as downloaded from Kaggle, and in the paper",
        tree: `\
Class1/
  Train/0001.PNG ...
  Train/Label/0002_label.PNG ... (no label means normal)
  Test/0001.PNG ...
  Test/Label/0003_label.PNG ...`,
        pictures: [{ path: "{class}/{split}/*" }],
        masks: ["{class}/{split}/Label/*"],
        label: { by: "mask file" },
      },
      classFolders("good", "in the layout of MVTec AD", "0001_label.PNG"),
      {
        name: "as published in 2007 (no masks; the ellipses in labels.txt are not read)",
        tree: `\
Class1/1.png ... (normal)
Class1_def/1.png ... (abnormal)`,
        pictures: [
          { path: "{class}/*", abnormal: false },
          { path: "{class}_def/*", abnormal: true },
        ],
        masks: [],
        label: { by: "place" },
      },
    ],
    folders: ["DAGM_KaggleUpload", "DAGM_anomaly_detection"],
    published: [
      {
        name: AS_IN_THE_PAPER,
        train: { normal: 7004, abnormal: 1046 },
        test: { normal: 6996, abnormal: 1054 },
        masks: 1054,
      },
    ],
    notes: ["Its masks are ellipses around the defects.", "Both splits have abnormal pictures."],
  },
  {
    id: "dtd-synthetic",
    title: "DTD-Synthetic",
    domain: "industrial",
    classes: [
      ...["Woven_001", "Woven_127", "Woven_104", "Stratified_154", "Blotchy_099", "Woven_068"],
      ...["Woven_125", "Marbled_078", "Perforated_037", "Mesh_114", "Fibrous_183", "Matted_069"],
    ],
    homePage: "https://www.vision.is.tohoku.ac.jp/?p=383&lang=en",
    download: "https://drive.google.com/drive/folders/10OyPzvI3H6llCZBxKxFlKWt1Pw1tkMK1",
    licence: null,
    downloadSize: null,
    masks: true,
    normalPictures: true,
    layouts: [classFolders()],
    folders: ["DTD-Synthetic"],
    published: [],
    notes: ["Not the Describable Textures Dataset itself, from which it was made."],
  },
];
