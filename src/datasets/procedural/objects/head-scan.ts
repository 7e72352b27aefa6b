/** Slices through heads as MRI and CT show them. */

import type { Random } from "../../../random.ts";
import { fractalNoise, gradientNoise } from "../noise.ts";
import { segmentDistance } from "../shapes.ts";
import { insideOf, type Material, setGrey, smoothStep } from "../surface.ts";

/** How bright each tissue of a head is. */
interface Sequence {
  scalp: number;
  skull: number;
  fluid: number;
  /** Grey matter: the cortex and the nuclei. */
  grey: number;
  white: number;
}

/** The levels of T1, T2, FLAIR and CT pictures, of heads whose skull was taken away, and of sequences that weigh otherwise. */
function drawSequence(random: Random): Sequence {
  const range = (low: number, high: number) => random.range(low, high);
  const skull = range(0.02, 0.1);
  switch (random.int(0, 5)) {
    case 0: // T1
      return {
        scalp: range(0.7, 1),
        skull,
        fluid: range(0.06, 0.2),
        grey: range(0.32, 0.48),
        white: range(0.52, 0.75),
      };
    case 1: // T2
      return { scalp: range(0.4, 0.9), skull, fluid: range(0.8, 1), grey: range(0.45, 0.6), white: range(0.28, 0.4) };
    case 2: // FLAIR
      return {
        scalp: range(0.4, 0.9),
        skull,
        fluid: range(0.04, 0.16),
        grey: range(0.42, 0.55),
        white: range(0.32, 0.44),
      };
    case 3: // CT
      return {
        scalp: range(0.15, 0.35),
        skull: 1,
        fluid: range(0.1, 0.22),
        grey: range(0.4, 0.5),
        white: range(0.34, 0.42),
      };
    case 4: {
      // Nothing but the brain.
      const white = range(0.45, 0.8);
      return { scalp: 0.02, skull: 0.02, fluid: range(0.03, 0.2), grey: white * range(0.55, 0.85), white };
    }
    default:
      return { scalp: range(0.3, 1), skull, fluid: range(0.03, 1), grey: range(0.25, 0.6), white: range(0.3, 0.75) };
  }
}

/**
 * A slice across a head at any height: scalp, skull, fluid, a ribbon of grey matter that follows every furrow around the
 * white, nuclei and ventricles in the middle; low slices have the cerebellum behind and often the eyes in front.
 */
function buildHeadAcross(random: Random): Material {
  const width = random.range(0.32, 0.4);
  const height = width * random.range(1.05, 1.3);
  const sequence = drawSequence(random);
  // 0 at the base, 1 at the top of the head.
  const level = random.range(0, 1);
  const low = level < 0.25;
  const skullIn = 1 - random.range(0.1, 0.17);
  const skullOut = skullIn + random.range(0.3, 0.65) * (1 - skullIn);
  // Shrunken brains have wide furrows and ventricles.
  const atrophy = random.range(0, 1) ** 2;
  const folds = random.range(8, 15);
  const deep = random.range(0.06, 0.13);
  const furrow = 0.001 + 0.007 * atrophy;
  const ribbon = random.range(0.012, 0.026);
  const ventricle =
    smoothStep(0.1, 0.3, level) * smoothStep(0.85, 0.6, level) * (0.35 + 0.5 * atrophy + random.range(0, 0.2));
  const nuclei = smoothStep(0.15, 0.3, level) * smoothStep(0.65, 0.5, level) * random.range(0.4, 1);
  const lean = random.range(0.25, 0.6);
  const eyes = low && random.chance(0.6);
  const eyeSize = random.range(0.055, 0.075);
  const shade = random.range(0, 0.35);
  const towards = random.range(0, 2 * Math.PI);
  const mottled = random.range(0, 0.09);
  const grain = random.range(0, 0.035);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const soft = Math.max(0.006, 1.2 * view.pixel);
    const wobble = 0.03 * gradientNoise(x * 3, y * 3, seed);
    // Heads narrow towards the front.
    const r = Math.hypot(x / (width * (1 + 0.25 * y)), y / height) + wobble;
    const depth = (skullIn - r) * width;
    // Left and right are alike, not equal.
    const away = Math.abs(x) + 0.02 * gradientNoise(y * 5, x * 5, seed + 9);
    const bentX = away + 0.035 * gradientNoise(away * 9, y * 9, seed + 2);
    const bentY = y + 0.035 * gradientNoise(away * 9, y * 9, seed + 3);
    const fold = (Math.abs(gradientNoise(bentX * folds, bentY * folds, seed + 1)) * 0.7) / folds;
    // The distance to the nearest fluid around the cortex: the brain's surface, a furrow, or the gap between the halves.
    let cortex = Math.min(depth - 0.3 * furrow, fold + Math.max(0, depth - deep) * 0.7);
    const gap = Math.abs(x + 0.006 * gradientNoise(y * 6, 0.5, seed + 4)) - 0.4 * furrow;
    cortex = Math.min(cortex, gap + Math.max(0, 0.72 * (0.9 - level) - Math.abs(y) / height) * 0.3);
    let value = sequence.white;
    value += (sequence.grey - value) * smoothStep(ribbon + soft, ribbon - 0.4 * soft, cortex);
    if (nuclei > 0) {
      const caudate = Math.hypot((away - 0.075) / 0.028, (y + 0.07 + 0.3 * (away - 0.075)) / 0.055);
      const thalamus = Math.hypot((away - 0.05) / 0.04, (y - 0.045) / 0.055);
      const lentiform = Math.hypot((away - 0.125) / 0.025, (y - 0.3 * (away - 0.125)) / 0.06);
      const nearest = Math.min(caudate, thalamus, lentiform) + 0.15 * gradientNoise(x * 18, y * 18, seed + 6);
      value += (sequence.grey - value) * nuclei * smoothStep(1.15, 0.9, nearest);
    }
    value += (sequence.fluid - value) * smoothStep(furrow + soft, furrow - 0.3 * soft, cortex);
    if (ventricle > 0) {
      const horn = segmentDistance(away, y, 0.015, -0.03, 0.015 + 0.16 * lean, -0.13) - 0.026 * ventricle;
      const back = segmentDistance(away, y, 0.02 + 0.1 * lean, 0.06, 0.03 + 0.2 * lean, 0.17) - 0.024 * ventricle;
      const body =
        segmentDistance(away, y, 0.015, -0.03, 0.02 + 0.1 * lean, 0.06) -
        0.034 * ventricle * smoothStep(0.3, 0.6, level);
      const third = Math.max(Math.abs(x) - 0.004 - 0.008 * atrophy, Math.abs(y - 0.03) - 0.05);
      const wet = Math.min(horn, back, body, level < 0.5 ? third : 1) + 0.004 * gradientNoise(x * 20, y * 20, seed + 7);
      value += (sequence.fluid - value) * smoothStep(0.5 * soft, -0.8 * soft, wet);
    }
    if (low) {
      const cerebellum = Math.hypot(x / (0.62 * width), (y - 0.52 * height) / (0.36 * height));
      const leaves = 0.5 + 0.5 * Math.sin(90 * cerebellum + 6 * gradientNoise(x * 8, y * 8, seed + 8));
      const within = smoothStep(1.04, 0.98, cerebellum) * smoothStep(0.005, 0.012, depth);
      value += (sequence.fluid - value) * smoothStep(1.13, 1.06, cerebellum) * smoothStep(0, 0.01, depth) * 0.8;
      value += (sequence.grey + (sequence.white - sequence.grey) * (0.25 + 0.5 * leaves) - value) * within;
      const stem = Math.hypot(x / 0.062, (y - 0.06) / 0.052);
      value += (sequence.fluid - value) * smoothStep(1.35, 1.2, stem);
      value += (0.7 * sequence.white + 0.3 * sequence.grey - value) * smoothStep(1.05, 0.95, stem);
    }
    value += (sequence.skull - value) * smoothStep(-0.2 * soft, 0.5 * soft, (r - skullIn) * width);
    value += (sequence.scalp - value) * smoothStep(-0.2 * soft, 0.5 * soft, (r - skullOut) * width);
    if (eyes) {
      const orbit = Math.hypot((away - 0.42 * width) / 1.35, (y + 0.8 * height) / 1.5);
      value += (0.8 * sequence.scalp - value) * smoothStep(eyeSize + 0.5 * soft, eyeSize - 0.5 * soft, orbit);
      const ball = Math.hypot(away - 0.42 * width, y + 0.84 * height);
      value += (sequence.fluid - value) * smoothStep(eyeSize, eyeSize - soft, ball + 0.012);
    }
    value *= 1 + mottled * gradientNoise(x * 13, y * 13, seed + 10);
    // The coil is nearer to one side.
    value *= 1 + shade * (x * Math.cos(towards) + y * Math.sin(towards)) * 1.6;
    value += grain * fractalNoise(x * 45, y * 45, 2, seed + 5);
    setGrey(out, value, insideOf((r - 1) * width, view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

/** A slice from front to back: arch of the corpus callosum, stem and cerebellum below, face and neck around. */
function buildHeadProfile(random: Random): Material {
  const sequence = drawSequence(random);
  const facing = random.sign();
  const [long, tall] = [random.range(0.31, 0.36), random.range(0.26, 0.3)];
  const rim = random.range(0.05, 0.08);
  const skull = random.range(0.3, 0.6);
  const folds = random.range(8, 14);
  const furrow = random.range(0.001, 0.005);
  const ribbon = random.range(0.012, 0.024);
  const deep = random.range(0.06, 0.12);
  const arch = random.range(0.095, 0.12);
  const thick = random.range(0.009, 0.015);
  const wet = random.range(0.006, 0.022);
  const nod = random.range(0.03, 0.12);
  const face = random.range(0.13, 0.18);
  const flesh = random.range(0.4, 1);
  const shade = random.range(0, 0.5);
  const grain = random.range(0, 0.035);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (left, top, out, view) => {
    const [x, y] = [left * facing, top + 0.1];
    const soft = Math.max(0.006, 1.2 * view.pixel);
    const ring = Math.hypot(x / long, y / tall) + 0.03 * gradientNoise(x * 3, y * 3, seed);
    const depth = (1 - ring) * tall;
    // Outside of the skull: a face in front, a neck below, both of streaks and hollows.
    const jaw = Math.hypot((x - 0.2) / face, (y - 0.22) / (1.35 * face)) + 0.15 * gradientNoise(x * 7, y * 7, seed + 1);
    const neck = Math.abs(x + 0.08 + nod * (y - 0.2)) - 0.13;
    const skin = Math.min((ring - 1) * tall - rim, (jaw - 1) * face, y > 0 ? neck : 1);
    const streaks = fractalNoise(x * 9, y * 14, 3, seed + 2);
    let value = flesh * sequence.scalp * (0.5 + 0.9 * smoothStep(-0.25, 0.35, streaks));
    value += (sequence.scalp - value) * smoothStep(-0.03, -0.012, skin);
    value += (sequence.skull - value) * smoothStep(rim * skull + 0.5 * soft, rim * skull - 0.5 * soft, -depth);
    const bentX = x + 0.03 * gradientNoise(x * 9, y * 9, seed + 3);
    const bentY = y + 0.03 * gradientNoise(x * 9, y * 9, seed + 4);
    const fold = (Math.abs(gradientNoise(bentX * folds, bentY * folds, seed + 5)) * 0.7) / folds;
    const cortex = Math.min(depth - furrow, fold + Math.max(0, depth - deep) * 0.7);
    let brain = sequence.white;
    brain += (sequence.grey - brain) * smoothStep(ribbon + soft, ribbon - 0.4 * soft, cortex);
    brain += (sequence.fluid - brain) * smoothStep(furrow + soft, furrow - 0.3 * soft, cortex);
    const bow = Math.hypot(x + 0.01, 1.25 * (y - 0.02));
    const above = smoothStep(0.05, 0.02, y);
    brain += (sequence.grey - brain) * smoothStep(arch + 0.02, arch, bow);
    brain +=
      (sequence.fluid - brain) *
      above *
      smoothStep(wet + 0.5 * soft, wet - 0.5 * soft, Math.abs(bow - arch + wet + thick));
    brain +=
      (sequence.white - brain) * above * smoothStep(thick + 0.5 * soft, thick - 0.5 * soft, Math.abs(bow - arch));
    value += (brain - value) * smoothStep(-0.3 * soft, 0.5 * soft, depth);
    const leaf = Math.hypot((x + 0.17) / 0.1, (y - 0.17) / 0.075);
    const leaves = 0.5 + 0.5 * Math.sin(28 * Math.atan2(y - 0.17, x + 0.1) + 4 * gradientNoise(x * 9, y * 9, seed + 6));
    value += (sequence.fluid - value) * smoothStep(1.2, 1.1, leaf);
    value += (sequence.grey + (sequence.white - sequence.grey) * leaves - value) * smoothStep(1.05, 0.97, leaf);
    const stem = segmentDistance(x, y, 0.0, 0.06, -0.07 - nod * 0.3, 0.26) - 0.034;
    const cord = segmentDistance(x, y, -0.07 - nod * 0.3, 0.24, -0.1 - nod * 0.45, 0.7) - 0.016;
    const nerve = Math.min(stem, cord);
    value += (sequence.fluid - value) * smoothStep(0.016 + soft, 0.016, nerve) * smoothStep(-0.02, 0.06, y);
    value += (0.8 * sequence.white + 0.2 * sequence.grey - value) * smoothStep(0.5 * soft, -0.5 * soft, nerve);
    value *= 1 - shade * smoothStep(0.1, 0.6, y);
    value += grain * fractalNoise(x * 45, y * 45, 2, seed + 7);
    setGrey(out, value, insideOf(skin, view.pixel));
  };
  return { surface, gloss: 0, parts: 0 };
}

/** A slice through a head, mostly across it. */
export function buildHeadScan(random: Random): Material {
  return random.chance(0.75) ? buildHeadAcross(random) : buildHeadProfile(random);
}
