/** What an endoscope and an ultrasound probe see, when it is healthy. */

import type { Random } from "../../../random.ts";
import { fractalNoise, gradientNoise } from "../noise.ts";
import { fromHsv, vary } from "../palette.ts";
import { blendColor, type Category, type Material, setColor, setGrey, smoothStep } from "../surface.ts";

/** The wet inside of an organ: folds, vessels and wet glints. */
function buildMucosa(random: Random): Material {
  const hue = random.range(-0.02, 0.07);
  const tissue = fromHsv(hue < 0 ? hue + 1 : hue, random.range(0.3, 0.75), random.range(0.55, 0.95));
  const vessel = vary(tissue, 0.03, random, random.range(0.6, 0.85));
  const folds = random.range(1.5, 5);
  const stretch = random.range(0.3, 1);
  const depth = random.range(0.02, 0.14);
  const vessels = random.chance(0.6) ? random.range(3, 9) : 0;
  const fine = random.range(20, 45);
  const glints = random.chance(0.6) ? random.range(0.45, 0.7) : 1;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const fold = fractalNoise(x * folds * stretch, y * folds, 2, seed);
    setColor(out, tissue, 0.92 + 0.16 * fold + 0.04 * gradientNoise(x * fine, y * fine, seed + 1));
    if (vessels > 0) {
      const bend = 0.3 * gradientNoise(x * 4, y * 4, seed + 2);
      const line = Math.abs(gradientNoise(x * vessels + bend, y * vessels - bend, seed + 3));
      blendColor(out, vessel, 1, 0.7 * smoothStep(0.05 + view.pixel * vessels, 0.01, line));
    }
    const glint = smoothStep(glints, glints + 0.08, gradientNoise(x * 11, y * 14, seed + 4));
    blendColor(out, [1, 0.97, 0.95], 1, 0.9 * glint * smoothStep(0, 0.4, fold));
    out.height = (depth * fold) / folds;
    out.coverage = 1;
  };
  return { surface, gloss: 0.7, parts: 0 };
}

/** Layers of tissue by their echoes: speckle and bright boundaries. */
function buildUltrasound(random: Random): Material {
  const layers = random.range(2, 6);
  const slope = random.range(-0.5, 0.5);
  const waves = random.range(0.05, 0.25);
  const contrast = random.range(0.1, 0.35);
  const level = random.range(0.2, 0.5);
  const fine = random.range(24, 60);
  const speckle = random.range(0.3, 0.9);
  const boundary = random.range(0, 0.5);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const deep = y + slope * x * 0.4 + waves * gradientNoise(x * 2.5, y * 1.5, seed);
    const band = gradientNoise(0.7 * x, deep * layers, seed + 1);
    const echo = 1 + speckle * gradientNoise(x * fine * 0.6, y * fine, seed + 2);
    let tone = (level + contrast * band) * echo;
    tone += boundary * smoothStep(0.08, 0.01, Math.abs(band)) * echo;
    setGrey(out, tone, 1);
  };
  return { surface, gloss: 0, parts: 0 };
}

export const clinicalTextures: readonly Category[] = [
  {
    ...{ name: "mucosa", noun: "mucous membrane", kind: "texture", split: "train", material: "tissue" },
    turn: 3.2,
    build: buildMucosa,
  },
  {
    ...{ name: "ultrasound", noun: "ultrasound picture", kind: "texture", split: "train", material: "tissue" },
    scan: true,
    turn: 0.2,
    build: buildUltrasound,
  },
];
