/** A scene before light and camera: planes of colour, height and coverage at the size of the picture. */

import { Random } from "../../random.ts";
import { addCircumstances } from "./circumstances.ts";
import { isSolid } from "./defects/kind.ts";
import { gradientNoise } from "./noise.ts";
import { brightnessOf, pickGrey, pickPaint, pickWood } from "./palette.ts";
import { type Category, type Color, type Material, smoothStep, type Texel, type View } from "./surface.ts";

/** Planes of a scene, rows from the top; `n` is `size * size`. */
export interface Layers {
  /** Pixels on a side. */
  size: number;
  /** Colour of the texture or object, `[n, 3]`. */
  color: Float32Array;
  /** Relief of the texture or object in picture widths, `[n]`. */
  height: Float32Array;
  /** 0 background .. 1 texture or object, `[n]`. */
  coverage: Float32Array;
  /** Colour behind it, with the object's shadow on it, `[n, 3]`. */
  backdrop: Float32Array;
  /** The same without the shadow, for where a part is taken away, `[n, 3]`. */
  bareBackdrop: Float32Array;
}

/** A drawn specimen, and the means to draw it again with one part left out. */
export interface Scene {
  layers: Layers;
  material: Material;
  /** Redraws colour, height and coverage without part number `part`. */
  drawWithout(part: number): Pick<Layers, "color" | "height" | "coverage">;
}

/** Draws a specimen: pose, material and background come from `random` alone, so every size shows the same scene. */
export function composeScene(category: Category, random: Random, size: number): Scene {
  const material = category.build(random);
  const object = category.kind === "object";
  const angle =
    random.range(-category.turn, category.turn) +
    (category.turn < 1 && !category.scan && random.chance(0.3) ? Math.PI / 2 : 0);
  const zoom = object ? random.range(1, 1.35) : random.range(0.7, 1.35);
  const reach = object ? 0.035 : 40;
  const pose: Pose = {
    angle,
    zoom,
    x: random.range(-reach, reach),
    y: random.range(-reach, reach),
    tiltX: 0,
    tiltY: 0,
  };
  if (!category.scan && random.chance(0.5))
    [pose.tiltX, pose.tiltY] = [random.range(-0.3, 0.3), random.range(-0.3, 0.3)];
  const backdropSeed = random.int(0, 0x7fffffff);
  const drawn = drawMaterial(material, pose, size, -1);
  if (!object && !category.openwork && isSolid(category)) addCircumstances(drawn, random, size);
  const seesThrough = object || category.openwork === true;
  const behind = seesThrough
    ? drawBackdrop(drawn, new Random(backdropSeed), size, category.scan === true)
    : { backdrop: drawn.color, bareBackdrop: drawn.color };
  return {
    layers: { size, ...drawn, ...behind },
    material,
    drawWithout: (part) => drawMaterial(material, pose, size, part),
  };
}

interface Pose {
  angle: number;
  zoom: number;
  x: number;
  y: number;
  /** Perspective: how much farther the right and the lower side are than the middle, of its distance. */
  tiltX: number;
  tiltY: number;
}

function drawMaterial(material: Material, pose: Pose, size: number, omitted: number) {
  const color = new Float32Array(size * size * 3);
  const height = new Float32Array(size * size);
  const coverage = new Float32Array(size * size);
  const texel: Texel = { r: 0, g: 0, b: 0, height: 0, coverage: 0 };
  const view: View = { pixel: pose.zoom / size, omitted };
  const c = Math.cos(pose.angle) * pose.zoom;
  const s = Math.sin(pose.angle) * pose.zoom;
  const surface = material.surface;
  for (let row = 0, i = 0; row < size; row++) {
    const down = (row + 0.5) / size - 0.5;
    for (let column = 0; column < size; column++, i++) {
      const right = (column + 0.5) / size - 0.5;
      const distance = 1 / (1 - pose.tiltX * right - pose.tiltY * down);
      const u = right * distance;
      const v = down * distance;
      surface(c * u - s * v + pose.x, s * u + c * v + pose.y, texel, view);
      color[3 * i] = texel.r;
      color[3 * i + 1] = texel.g;
      color[3 * i + 2] = texel.b;
      height[i] = texel.height / pose.zoom;
      coverage[i] = texel.coverage;
    }
  }
  return { color, height, coverage };
}

/** A plain, cloudy, sloping or woven ground that stands off from what lies on it, and the soft shadow of that. */
function drawBackdrop(drawn: Pick<Layers, "color" | "coverage">, random: Random, size: number, scan: boolean) {
  if (scan) {
    const dark = new Float32Array(size * size * 3).fill(random.range(0, 0.05));
    return { backdrop: dark, bareBackdrop: dark.slice() };
  }
  const object = brightnessOf(meanColor(drawn.color, drawn.coverage));
  let ground = pickGround(random);
  for (let i = 0; i < 6 && Math.abs(brightnessOf(ground) - object) < 0.18; i++) ground = pickGround(random);
  const kind = random.int(0, 4);
  // The edge of a table or a tray, seen behind.
  const edgeAngle = random.range(0, 2 * Math.PI);
  const edgeAt = random.range(0.2, 0.42);
  const beyond = random.range(0.5, 1.3);
  const amount = random.range(0.03, 0.12);
  const frequency = kind === 3 ? random.range(20, 34) : random.range(2, 9);
  const seed = random.int(0, 255);
  const shadow = castShadow(drawn.coverage, size, random);
  const backdrop = new Float32Array(size * size * 3);
  const bareBackdrop = new Float32Array(size * size * 3);
  for (let row = 0, i = 0; row < size; row++) {
    const y = (row + 0.5) / size;
    for (let column = 0; column < size; column++, i++) {
      const x = (column + 0.5) / size;
      let gain = 1;
      if (kind === 1) gain += amount * gradientNoise(x * frequency, y * frequency, seed);
      else if (kind === 2) gain += 2 * amount * (x + y - 1);
      else if (kind === 3) gain += 0.6 * amount * Math.sin(6.28 * x * frequency) * Math.sin(6.28 * y * frequency);
      else if (kind === 4) {
        const away = Math.cos(edgeAngle) * (x - 0.5) + Math.sin(edgeAngle) * (y - 0.5) - edgeAt;
        gain += (beyond - 1) * smoothStep(-0.004, 0.004, away);
      }
      for (let k = 0; k < 3; k++) {
        const bare = ground[k]! * gain;
        bareBackdrop[3 * i + k] = bare;
        backdrop[3 * i + k] = bare * (1 - shadow[i]!);
      }
    }
  }
  return { backdrop, bareBackdrop };
}

function pickGround(random: Random): Color {
  const kind = random.next();
  if (kind < 0.35) return pickGrey(random, 0.8, 1);
  if (kind < 0.6) return pickGrey(random, 0.03, 0.25);
  if (kind < 0.75) return pickGrey(random, 0.3, 0.7);
  return kind < 0.9 ? pickPaint(random, [0.05, 0.6], [0.2, 0.95]) : pickWood(random);
}

function meanColor(color: Float32Array, weight: Float32Array): Color {
  let r = 0;
  let g = 0;
  let b = 0;
  let total = 1e-6;
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    r += w * color[3 * i]!;
    g += w * color[3 * i + 1]!;
    b += w * color[3 * i + 2]!;
    total += w;
  }
  return [r / total, g / total, b / total];
}

/** The coverage moved aside and blurred, as strength of darkness 0..1. */
function castShadow(coverage: Float32Array, size: number, random: Random): Float32Array {
  const strength = random.range(0, 0.45);
  const angle = random.range(0, 2 * Math.PI);
  const far = random.range(0.01, 0.04);
  const radius = Math.max(1, Math.round(random.range(0.01, 0.035) * size));
  const soft = boxBlur(boxBlur(coverage, size, radius, 1), size, radius, size);
  const dx = Math.round(Math.cos(angle) * far * size);
  const dy = Math.round(Math.sin(angle) * far * size);
  const shadow = new Float32Array(size * size);
  for (let row = 0, i = 0; row < size; row++) {
    const from = Math.min(size - 1, Math.max(0, row - dy)) * size;
    for (let column = 0; column < size; column++, i++) {
      shadow[i] = strength * soft[from + Math.min(size - 1, Math.max(0, column - dx))]!;
    }
  }
  return shadow;
}

/** Mean over `2 radius + 1` pixels along rows (`stride` 1) or columns (`stride` = size); the border is repeated. */
export function boxBlur(plane: Float32Array, size: number, radius: number, stride: number): Float32Array {
  const out = new Float32Array(plane.length);
  const across = stride === 1 ? size : 1;
  const width = 2 * radius + 1;
  for (let line = 0; line < size; line++) {
    const start = line * across;
    const at = (k: number) => plane[start + stride * Math.min(size - 1, Math.max(0, k))]!;
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += at(k);
    for (let k = 0; k < size; k++) {
      out[start + stride * k] = sum / width;
      sum += at(k + radius + 1) - at(k - radius);
    }
  }
  return out;
}
