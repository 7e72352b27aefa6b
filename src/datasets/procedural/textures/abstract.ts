/** Surfaces that stand for many: sheets, boards, pebbles, prints, ribs, shells, slabs and grilles with very wide ranges. */

import type { Random } from "../../../random.ts";
import { pickElement, pickFigure } from "../figures.ts";
import { type Cell, findCell, fractalNoise, gradientNoise, latticeValue } from "../noise.ts";
import { pickAny, pickMetal, vary } from "../palette.ts";
import {
  blendColor,
  type Category,
  type Color,
  insideOf,
  type Material,
  setColor,
  smoothStep,
  visibleOctaves,
  wrap,
} from "../surface.ts";

/** Between `low` and `high` with equal chance for every factor: small values are as common as large ones. */
function spread(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.next();
}

/** One layer of drawn-out noise. */
interface NoiseLayer {
  c: number;
  s: number;
  frequency: number;
  stretch: number;
  fall: number;
  octaves: number;
  weight: number;
  seed: number;
}

/** A sheet that was rolled, wiped, sprayed or left outside: layers of stretched noise, streaks and clouds. */
function buildWeatheredSheet(random: Random): Material {
  const metal = pickAny(random);
  const other = random.chance(0.4) ? pickAny(random) : vary(metal, 0.1, random, random.range(0.5, 1.5));
  const mixing = random.chance(0.4) ? spread(random, 0.05, 0.6) : 0;
  const contrast = spread(random, 0.015, 0.4);
  const common = random.range(0, Math.PI);
  const layers: NoiseLayer[] = Array.from({ length: random.int(2, 4) }, () => {
    const angle = random.chance(0.6) ? common : random.range(0, Math.PI);
    return {
      octaves: random.int(1, 3),
      ...{ c: Math.cos(angle), s: Math.sin(angle), frequency: spread(random, 4, 60), stretch: spread(random, 1, 25) },
      ...{ fall: random.range(0.3, 0.9), weight: random.range(0.2, 1), seed: random.int(0, 255) },
    };
  });
  const total = layers.reduce((sum, { weight }) => sum + weight * weight, 0) ** 0.5;
  const streaks = random.chance(0.6) ? random.range(0, 0.15) : 0;
  const fine = random.range(6, 50);
  const clouds = random.chance(0.7) ? random.range(0, 0.22) : 0;
  const coarse = random.range(1.5, 5);
  const relief = random.chance(0.5) ? random.range(0, 0.003) : 0;
  const [c, s] = [Math.cos(common), Math.sin(common)];
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    let sum = 0;
    for (const layer of layers) {
      const across = (layer.c * x + layer.s * y) * layer.frequency;
      const along = ((layer.c * y - layer.s * x) * layer.frequency) / layer.stretch;
      const octaves = visibleOctaves(layer.frequency, view.pixel, layer.octaves);
      sum += layer.weight * fractalNoise(across, along, octaves, layer.seed, layer.fall);
    }
    sum /= total;
    let gain = 1 + contrast * sum;
    if (streaks > 0) gain += streaks * gradientNoise((c * x + s * y) * fine, c * y - s * x, seed);
    if (clouds > 0) gain += clouds * fractalNoise(x * coarse, y * coarse, 2, seed + 3);
    setColor(out, metal, gain);
    if (mixing > 0) blendColor(out, other, gain, mixing * smoothStep(-0.4, 0.6, sum));
    out.height = relief * sum;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 0.6), parts: 0 };
}

/** Moulded from chips: flecks, often drawn out, dark or bright, on a nearly even ground. */
function buildSpeckledBoard(random: Random): Material {
  const ground = pickAny(random);
  const angle = random.range(0, Math.PI);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const kinds = Array.from({ length: random.int(1, 3) }, () => ({
    frequency: spread(random, 14, 60),
    stretch: random.chance(0.5) ? 1 : spread(random, 1, 8),
    least: random.range(0.15, 0.6),
    color: random.chance(0.25) ? pickAny(random) : null,
    tone: random.chance(0.5) ? random.range(0.2, 0.85) : random.range(1.15, 1.8),
    opacity: spread(random, 0.15, 1),
    seed: random.int(0, 255),
  }));
  const mottle = random.range(0, 0.1);
  const relief = random.chance(0.5) ? random.range(-0.003, 0.003) : 0;
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    setColor(out, ground, 1 + mottle * fractalNoise(x * 5, y * 5, 2, seed));
    const [u, v] = [c * x + s * y, c * y - s * x];
    let raised = 0;
    for (const { frequency, stretch, least, color, tone, opacity, seed: own } of kinds) {
      const fleck = smoothStep(least, least + 0.15, gradientNoise(u * frequency, (v * frequency) / stretch, own));
      if (fleck === 0) continue;
      blendColor(out, color ?? ground, color ? 1 : tone, opacity * fleck);
      raised = Math.max(raised, fleck);
    }
    out.height = relief * raised;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 0.7), parts: 0 };
}

/** Blobs that lie over one another, each with its own tone: gravel, grit, pebbles. */
function buildPebbles(random: Random): Material {
  const tones = Array.from({ length: 6 }, () => random.range(0, 1));
  const base = pickAny(random);
  const second = random.chance(0.5) ? pickAny(random) : base;
  const contrast = spread(random, 0.06, 0.7);
  const coarse = spread(random, 3, 14);
  const scales = Array.from({ length: random.chance(0.3) ? 3 : 2 }, (_, k) => ({
    frequency: coarse * random.range(1.5, 2.2) ** (2 - k),
    radius: k === 0 ? 2 : random.range(0.35, 0.6),
    seed: random.int(0, 255),
  }));
  const wobble = random.range(0, 0.35);
  const relief = spread(random, 0.02, 0.3);
  const shade = random.range(0, 0.5);
  const rough = random.range(0, 0.12);
  const squash = random.range(1, 1.8);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out, view) => {
    let gain = 1;
    let mixed = 0;
    let height = 0;
    for (const { frequency, radius, seed } of scales) {
      const bend = wobble * gradientNoise(x * frequency * 1.4, y * frequency * 1.4, seed + 1);
      findCell(x * frequency + bend, y * frequency * squash - bend, 1, seed, cell);
      const size = radius > 1 ? radius : radius * (0.5 + 0.5 * latticeValue(cell.id, 3, seed));
      const rim = Math.min(size - cell.nearest, 0.5 * (cell.second - cell.nearest));
      const over = smoothStep(-0.04, Math.max(0.02, view.pixel * frequency), rim);
      if (over === 0) continue;
      const dome = smoothStep(0, 0.3, rim);
      const tone = 1 + contrast * (tones[cell.id % 6]! + latticeValue(cell.id, 7, seed) - 1);
      gain += (tone * (1 - shade * (1 - dome)) - gain) * over;
      mixed += (latticeValue(cell.id, 1, seed) - mixed) * over;
      height += ((relief * dome) / frequency + 0.3 * height - height) * over;
    }
    gain += rough * gradientNoise(x * 60, y * 60, 7);
    setColor(out, base, gain);
    blendColor(out, second, gain, mixed);
    out.height = height;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 0.4), parts: 0 };
}

/** A square, brick or hexagonal lattice of `least` to `most` cells across: where a point is in it, in sides of a cell. */
function pickLattice(random: Random, least: number, most: number) {
  const kind = random.pick(["square", "brick", "hex"] as const);
  const count = spread(random, least, most);
  const aspect = kind === "hex" ? 2 / Math.sqrt(3) : random.range(0.6, 1.6);
  const shift = kind === "square" ? 0 : 0.5;
  const find = (x: number, y: number) => {
    const row = Math.floor(y * count * aspect);
    const across = x * count + shift * (row & 1);
    const column = Math.floor(across);
    return { row, column, u: across - column - 0.5, v: (y * count * aspect - row - 0.5) / aspect };
  };
  return { count, aspect, find };
}

/** A motif of random figures, repeated on a square, brick or hexagonal lattice. */
function buildPatternedPrint(random: Random): Material {
  const paper = pickAny(random);
  const faint = random.chance(0.35) ? random.range(0.1, 0.5) : 1;
  const inks = [pickAny(random), pickAny(random)];
  const figures = Array.from({ length: random.int(1, 4) }, () => ({
    figure: pickFigure(random),
    ink: random.pick(inks),
  }));
  const { count, find } = pickLattice(random, 4, 18);
  const jitter = random.chance(0.4) ? random.range(0.1, 0.5) : 0;
  const turning = random.chance(0.3);
  const relief = random.chance(0.3) ? random.range(-0.06, 0.06) : 0;
  const grain = random.range(0, 0.08);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const { row, column, ...offset } = find(x, y);
    let { u, v } = offset;
    if (turning && ((row + column) & 1) === 1) [u, v] = [-v, u];
    const tone = 1 + jitter * (latticeValue(row, column, seed) - 0.5);
    setColor(out, paper, 1 + grain * gradientNoise(x * 50, y * 50, seed));
    let inked = 0;
    for (const { figure, ink } of figures) {
      const inside = insideOf(figure(u, v), view.pixel * count);
      blendColor(out, ink, tone, faint * inside);
      inked = Math.max(inked, inside);
    }
    out.height = (relief * inked) / count;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 0.5), parts: 0 };
}

/** A wave along one direction, -1..1: a mix of sines, or steps of any duty. */
function pickWave(random: Random): (x: number) => number {
  const frequency = spread(random, 3, 40);
  if (random.chance(0.45)) {
    const duty = random.range(0.08, 0.45);
    const soft = random.range(0.02, 0.15);
    return (x) => 2 * smoothStep(duty + soft, duty - soft, Math.abs(wrap(x * frequency, 1) - 0.5)) - 1;
  }
  const sines = Array.from({ length: random.int(1, 3) }, (_, k) => ({
    turns: 2 * Math.PI * frequency * (k === 0 ? 1 : random.pick([0.5, 2, 3, 0.25])),
    phase: random.range(0, 6.28),
    weight: k === 0 ? 1 : random.range(0.2, 0.8),
  }));
  const total = sines.reduce((sum, { weight }) => sum + weight, 0);
  return (x) => sines.reduce((sum, { turns, phase, weight }) => sum + weight * Math.sin(x * turns + phase), 0) / total;
}

/** Ribs, steps or waves in one direction or two, as relief, colour or both. */
function buildRibbedPanel(random: Random): Material {
  const plastic = pickAny(random);
  const other = random.chance(0.5) ? pickAny(random) : vary(plastic, 0, random, random.range(0.4, 1.4));
  const first = pickWave(random);
  const second = random.chance(0.35) ? pickWave(random) : null;
  const lean = random.range(-0.6, 0.6);
  const colored = random.chance(0.75) ? spread(random, 0.12, 1) : 0;
  const relief = colored === 0 || random.chance(0.6) ? spread(random, 0.001, 0.012) : 0;
  const bend = random.chance(0.3) ? random.range(0, 0.06) : 0;
  const grain = random.range(0, 0.08);
  const fine = random.range(20, 60);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const u = x + bend * Math.sin(5 * y);
    let wave = first(u);
    if (second) wave = 0.5 * (wave + second(y + lean * u));
    const gain = 1 + grain * gradientNoise(x * fine, y * fine, seed);
    setColor(out, plastic, gain);
    blendColor(out, other, gain, colored * (0.5 + 0.5 * wave));
    out.height = relief * wave;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 0.8), parts: 0 };
}

/** Almost nothing to see: large soft curves and gradients. */
function buildSmoothShell(random: Random): Material {
  const plastic = pickAny(random);
  const other: Color = vary(plastic, 0.08, random, random.range(0.75, 1.25));
  const slow = random.range(0.4, 1.8);
  const bulge = random.range(0, 0.12);
  const sheen = random.range(0, 0.3);
  const grain = random.chance(0.5) ? random.range(0, 0.05) : 0;
  const fine = random.range(25, 60);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out) => {
    const curve = gradientNoise(x * slow, y * slow, seed);
    const gain =
      1 + sheen * gradientNoise(x * 1.1, y * 1.1, seed + 2) + grain * gradientNoise(x * fine, y * fine, seed);
    setColor(out, plastic, gain);
    blendColor(out, other, gain, smoothStep(-0.7, 0.7, gradientNoise(x * 0.8 * slow, y * 0.8 * slow, seed + 5)));
    out.height = bulge * curve;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 1), parts: 0 };
}

/** Grains or flakes of a few colours, of one size or many, pressed together and cut: nothing repeats, all is alike. */
function buildMottledSlab(random: Random): Material {
  const first = pickAny(random);
  const colors = Array.from({ length: random.int(2, 6) }, () =>
    random.chance(0.3) ? pickAny(random) : vary(first, 0.12, random, random.range(0.3, 1.8)),
  );
  const shares = colors.map(() => random.range(0.1, 1) ** 2);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const coarse = spread(random, 4, 40);
  const layers = Array.from({ length: random.int(1, 3) }, (_, k) => ({
    frequency: coarse * random.range(1.4, 3) ** k,
    // How many of the grains of a finer layer lie on top.
    share: k === 0 ? 1 : random.range(0.1, 0.6),
    seed: random.int(0, 255),
  }));
  const ragged = random.range(0, 0.8);
  const unevenness = random.range(0, 0.3);
  const blending = spread(random, 0.25, 1);
  const rough = random.range(0, 0.15);
  const relief = random.chance(0.3) ? random.range(0, 0.003) : 0;
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const surface: Material["surface"] = (x, y, out) => {
    setColor(out, first, 1);
    let gain = 1;
    for (const { frequency, share, seed: own } of layers) {
      const bend = ragged * gradientNoise(x * frequency * 1.7, y * frequency * 1.7, own + 1);
      findCell(x * frequency + bend, y * frequency - bend, 1, own, cell);
      if (latticeValue(cell.id, 5, own) > share) continue;
      let left = latticeValue(cell.id, 1, own) * total;
      let chosen = 0;
      while (chosen < colors.length - 1 && left > shares[chosen]!) left -= shares[chosen++]!;
      blendColor(out, colors[chosen]!, 1, blending);
      gain = 1 + unevenness * (latticeValue(cell.id, 2, own) - 0.5);
    }
    gain += rough * gradientNoise(x * 60, y * 60, seed);
    setColor(out, [out.r, out.g, out.b], gain);
    out.height = relief * gain;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 0.8), parts: 0 };
}

/** Patches of a few tones whose borders are lines of equal noise, one layer over another: camouflage, coarse speckle, stains all over. */
function buildCamouflage(random: Random): Material {
  const ground = pickAny(random);
  const frequency = spread(random, 3, 30);
  const stretch = random.chance(0.3) ? random.range(0.3, 0.8) : 1;
  const layers = Array.from({ length: random.int(1, 4) }, (_, k) => ({
    color: random.chance(0.5) ? pickAny(random) : vary(ground, 0.1, random, random.range(0.3, 1.7)),
    frequency: frequency * random.range(1, 2) ** k,
    octaves: random.int(1, 3),
    above: random.range(-0.1, 0.35),
    soft: random.range(0.01, 0.15),
    seed: random.int(0, 255),
  }));
  const opacity = random.chance(0.4) ? random.range(0.25, 0.7) : 1;
  const weave = random.chance(0.4) ? random.range(0.02, 0.1) : 0;
  const threads = random.range(40, 70);
  const rough = random.range(0, 0.1);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    setColor(out, ground, 1);
    for (const { color, frequency: f, octaves, above, soft, seed: own } of layers) {
      const noise = fractalNoise(x * f * stretch, y * f, visibleOctaves(f, view.pixel, octaves), own);
      blendColor(out, color, 1, opacity * smoothStep(above, above + soft, noise));
    }
    const thread = Math.sin(6.28 * x * threads) * Math.sin(6.28 * y * threads);
    setColor(out, [out.r, out.g, out.b], 1 + weave * thread + rough * gradientNoise(x * 55, y * 55, seed));
    out.height = 0.004 * weave * thread;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0, 0.5), parts: 0 };
}

/** A glaze with a net of fine cracks all over, as it is meant to be: what looks like damage is the pattern. */
function buildCrackleGlaze(random: Random): Material {
  const glaze = pickAny(random);
  const dark = random.chance(0.75);
  const line = vary(glaze, 0.05, random, dark ? random.range(0.25, 0.75) : random.range(1.2, 1.6));
  const cells = spread(random, 4, 22);
  const jitter = random.range(0.6, 1);
  const halfWidth = random.range(0.01, 0.06);
  const finer = random.chance(0.5) ? random.range(1.8, 3) : 0;
  const strength = random.range(0.3, 1);
  const sunken = random.range(0, 0.03);
  const clouds = random.range(0, 0.12);
  const stretch = random.chance(0.3) ? random.range(0.35, 0.9) : 1;
  const seed = random.int(0, 255);
  const cell: Cell = { nearest: 0, second: 0, id: 0 };
  const crack = (x: number, y: number, scale: number, pixel: number, own: number): number => {
    const bend = 0.35 * gradientNoise(x * scale * 0.8, y * scale * 0.8, own + 1);
    findCell(x * scale + bend, y * scale * stretch - bend, jitter, own, cell);
    return smoothStep(halfWidth + pixel * scale, 0.5 * halfWidth, cell.second - cell.nearest);
  };
  const surface: Material["surface"] = (x, y, out, view) => {
    let net = crack(x, y, cells, view.pixel, seed);
    if (finer > 0) net = Math.max(net, 0.5 * crack(x, y, cells * finer, view.pixel, seed + 7));
    setColor(out, glaze, 1 + clouds * gradientNoise(x * 3, y * 3, seed + 3));
    blendColor(out, line, 1, strength * net);
    out.height = (-sunken * net) / cells;
    out.coverage = 1;
  };
  return { surface, gloss: random.range(0.2, 1), parts: 0 };
}

/** A panel with one opening repeated on a square, brick or hexagonal lattice. */
function buildGrille(random: Random): Material {
  const sheet = random.chance(0.5) ? pickMetal(random) : pickAny(random);
  const opening = pickElement(random);
  const { count, aspect, find } = pickLattice(random, 3, 12);
  const size = random.range(0.22, 0.42) * Math.min(1, 1 / aspect);
  const bevel = random.range(0.05, 0.4) * size;
  const rise = random.range(0.005, 0.05);
  const grain = random.range(0, 0.1);
  const stretch = spread(random, 1, 12);
  const seed = random.int(0, 255);
  const surface: Material["surface"] = (x, y, out, view) => {
    const { u, v } = find(x, y);
    const away = opening(u / size, v / size) * size;
    setColor(out, sheet, 0.95 + grain * gradientNoise(x * 50, (y * 50) / stretch, seed));
    out.height = (rise * smoothStep(0, bevel, away)) / count;
    out.coverage = 1 - insideOf(away, view.pixel * count);
  };
  return { surface, gloss: random.range(0, 0.6), parts: 0 };
}

const texture = { kind: "texture", split: "train", turn: 3.2 } as const;

export const abstractTextures: readonly Category[] = [
  { ...texture, name: "weathered-sheet", noun: "weathered sheet", material: "metal", build: buildWeatheredSheet },
  { ...texture, name: "speckled-board", noun: "speckled board", material: "plastic", build: buildSpeckledBoard },
  { ...texture, name: "pebbles", noun: "gravel bed", material: "stone", build: buildPebbles },
  { ...texture, name: "patterned-print", noun: "patterned print", material: "paper", build: buildPatternedPrint },
  { ...texture, name: "ribbed-panel", noun: "ribbed panel", material: "plastic", build: buildRibbedPanel },
  { ...texture, name: "smooth-shell", noun: "plastic shell", material: "plastic", build: buildSmoothShell },
  { ...texture, name: "mottled-slab", noun: "mottled slab", material: "stone", build: buildMottledSlab },
  { ...texture, name: "camouflage", noun: "camouflage cloth", material: "fabric", build: buildCamouflage },
  { ...texture, name: "crackle-glaze", noun: "crackle glaze", material: "stone", build: buildCrackleGlaze },
  { ...texture, name: "grille", noun: "grille", material: "metal", openwork: true, build: buildGrille },
];
