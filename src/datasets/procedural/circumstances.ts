/** What pictures of sound surfaces have that looks like damage at first: seams, ends of the sheet, shine, specks all over. */

import type { Random } from "../../random.ts";
import { fractalNoise, gradientNoise } from "./noise.ts";
import { forEachPixel, smoothStep } from "./surface.ts";

interface Planes {
  /** `[n, 3]` */
  color: Float32Array;
  /** `[n]` */
  height: Float32Array;
}

/** Adds none to a few of them to a texture; they go from side to side or all over, as no defect does. */
export function addCircumstances(planes: Planes, random: Random, size: number): void {
  if (random.chance(0.18)) addSeam(planes, random, size);
  if (random.chance(0.12)) addSheetEnd(planes, random, size);
  if (random.chance(0.15)) addShine(planes, random, size);
  if (random.chance(0.15)) addSpecks(planes, random, size);
  if (random.chance(0.15)) addStreaks(planes, random, size);
  if (random.chance(0.15)) addClouds(planes, random, size);
  if (random.chance(0.15)) addGrain(planes, random, size);
  if (random.chance(0.15)) addRim(planes, random, size);
}

/** A straight joint across the whole picture, with a step or without. */
function addSeam({ color, height }: Planes, random: Random, size: number): void {
  const line = pickLine(random);
  const halfWidth = random.range(0.004, 0.012);
  const depth = random.range(0.3, 0.8);
  const step = random.chance(0.4) ? random.range(-0.12, 0.12) : 0;
  forEachPixel(size, (i, x, y) => {
    const away = line(x, y);
    const groove = smoothStep(halfWidth * 1.5, halfWidth * 0.5, Math.abs(away));
    scale(color, i, (1 - depth * groove) * (away > 0 ? 1 + step : 1));
    height[i]! -= 0.01 * groove;
  });
}

/** The sheet ends near a side; beyond it is something else, dark or bright. */
function addSheetEnd({ color, height }: Planes, random: Random, size: number): void {
  const angle = random.pick([0, 0.5, 1, 1.5]) * Math.PI + random.range(-0.06, 0.06);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const at = random.range(0.34, 0.47);
  const beyond = random.chance(0.6) ? random.range(0, 0.2) : random.range(0.7, 1);
  forEachPixel(size, (i, x, y) => {
    const outside = smoothStep(at - 0.004, at + 0.004, c * (x - 0.5) + s * (y - 0.5));
    for (let k = 3 * i; k < 3 * i + 3; k++) color[k]! += (beyond - color[k]!) * outside;
    height[i]! *= 1 - outside;
  });
}

/** A lamp mirrored as a soft bright band. */
function addShine({ color }: Planes, random: Random, size: number): void {
  const line = pickLine(random);
  const width = random.range(0.05, 0.2);
  const strength = random.range(0.15, 0.6);
  const seed = random.int(0, 255);
  forEachPixel(size, (i, x, y) => {
    const ragged = 1 + 0.25 * gradientNoise(x * 6, y * 6, seed);
    const shine = strength * Math.exp(-((line(x, y) / (width * ragged)) ** 2));
    for (let k = 3 * i; k < 3 * i + 3; k++) color[k]! += (1 - color[k]!) * shine;
  });
}

/** Fine specks over everything: dust, salt and pepper of the material. */
function addSpecks({ color }: Planes, random: Random, size: number): void {
  const fine = random.range(30, 60);
  const most = random.range(0.4, 0.7);
  const tone = random.chance(0.6) ? random.range(0.3, 0.7) : random.range(1.2, 1.5);
  const seed = random.int(0, 255);
  forEachPixel(size, (i, x, y) => {
    const speck = smoothStep(most, most + 0.15, gradientNoise(x * fine, y * fine, seed));
    scale(color, i, 1 + (tone - 1) * speck);
  });
}

/** Many parallel faint lines from side to side, some stronger: drawing, rolling or wiping marks. */
function addStreaks({ color }: Planes, random: Random, size: number): void {
  const angle = random.range(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const fine = random.range(8, 60);
  const amount = random.range(0.02, 0.12);
  const strong = random.range(0, 0.25) * random.sign();
  const drift = random.range(0, 1);
  const seed = random.int(0, 255);
  forEachPixel(size, (i, x, y) => {
    const across = c * x + s * y;
    const along = (c * y - s * x) * drift;
    const faint = gradientNoise(across * fine, along, seed) + 0.5 * gradientNoise(across * 2.3 * fine, along, seed + 1);
    const rare = smoothStep(0.4, 0.6, gradientNoise(across * fine, 0.37, seed + 2));
    scale(color, i, 1 + amount * faint + strong * rare);
  });
}

/** Large soft blotches all over. */
function addClouds({ color }: Planes, random: Random, size: number): void {
  const coarse = random.range(1.5, 6);
  const amount = random.range(0.05, 0.25);
  const seed = random.int(0, 255);
  forEachPixel(size, (i, x, y) => scale(color, i, 1 + amount * fractalNoise(x * coarse, y * coarse, 2, seed)));
}

/** Fine noise stretched in one direction all over. */
function addGrain({ color, height }: Planes, random: Random, size: number): void {
  const angle = random.range(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const fine = random.range(20, 70);
  const stretch = random.range(1.5, 15);
  const amount = random.range(0.03, 0.2);
  const relief = random.range(0, 0.0015);
  const seed = random.int(0, 255);
  forEachPixel(size, (i, x, y) => {
    const grain = gradientNoise((c * x + s * y) * fine, ((c * y - s * x) * fine) / stretch, seed);
    scale(color, i, 1 + amount * grain);
    height[i]! += relief * grain;
  });
}

/** Soft bands along one border or two opposite ones: a bent sheet or an uneven lamp. */
function addRim({ color }: Planes, random: Random, size: number): void {
  const upright = random.chance(0.5);
  const width = random.range(0.06, 0.35);
  const tones = [random.range(0.4, 1.45), random.chance(0.5) ? random.range(0.4, 1.45) : 1];
  if (random.chance(0.5)) tones.reverse();
  forEachPixel(size, (i, x, y) => {
    const across = upright ? x : y;
    const [near, far] = [smoothStep(width, 0, across), smoothStep(1 - width, 1, across)];
    scale(color, i, 1 + (tones[0]! - 1) * near + (tones[1]! - 1) * far);
  });
}

/** Signed distance to a random line through the picture. */
function pickLine(random: Random): (x: number, y: number) => number {
  const angle = random.range(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const at = random.range(-0.35, 0.35);
  return (x, y) => c * (x - 0.5) + s * (y - 0.5) - at;
}

function scale(color: Float32Array, pixel: number, gain: number): void {
  for (let k = 3 * pixel; k < 3 * pixel + 3; k++) color[k]! *= gain;
}
