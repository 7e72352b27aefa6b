/** Light and camera: from the planes of a scene to the bytes of a picture. */
import type { RgbImage } from "../../image/image.ts";
import { Random } from "../../random.ts";
import type { Layers } from "./scene.ts";

/** How a scene is lit and taken; the same for a specimen with and without its defect. */
export interface Shot {
  /** Direction that the light comes from, unit length. */
  lightX: number;
  lightY: number;
  /** How strongly slopes turn into light and shade. */
  relief: number;
  gloss: number;
  /** Slow changes of brightness over the picture: `[n]` factors. */
  illumination: Float32Array;
  gain: number;
  contrast: number;
  /** 1 full colour .. 0 grey. */
  saturation: number;
  warmth: number;
  /** Standard deviation of the lens blur, in picture widths. */
  blur: number;
  /** Half of the way that the camera moved, in picture widths, and its direction; 0 when it stood still. */
  motionX: number;
  motionY: number;
  /** Side of the sensor's pixels in those of the picture: beyond 1, the picture was made larger afterwards. */
  coarseness: number;
  /** Exponent of the tone curve. */
  gamma: number;
  /** Standard deviation of the sensor noise, of 1. */
  noise: number;
  /** The same for each colour by itself. */
  colorNoise: number;
  noiseSeed: number;
}

/** Draws light and camera settings, with the harmless irregularities of real pictures: vignette, glare, soft shadow. */
export function chooseShot(random: Random, size: number, gloss: number, scan = false): Shot {
  const angle = random.range(0, 2 * Math.PI);
  const greyOnly = random.chance(0.3) || scan;
  const moved = random.chance(0.1) ? random.range(0.003, 0.01) : 0;
  const way = random.range(0, 2 * Math.PI);
  return {
    lightX: Math.cos(angle),
    lightY: Math.sin(angle),
    relief: random.range(0.3, 0.65),
    gloss: gloss * random.range(0.3, 1),
    illumination: scan ? new Float32Array(size * size).fill(1) : drawIllumination(random, size),
    gain: random.range(0.78, 1.08),
    contrast: random.range(0.8, 1.15),
    saturation: greyOnly ? 0 : random.range(0.6, 1.1),
    warmth: greyOnly ? 0 : random.range(-0.06, 0.06),
    blur: random.chance(0.5) ? random.range(0, 0.007) : 0,
    motionX: moved * Math.cos(way),
    motionY: moved * Math.sin(way),
    coarseness: random.chance(0.2) ? random.range(1.2, 2.5) * (size / 256) : 1,
    gamma: Math.exp(random.range(-0.25, 0.25)),
    noise: random.chance(0.7) ? random.range(0.003, 0.022) : 0,
    colorNoise: !greyOnly && random.chance(0.25) ? random.range(0.003, 0.015) : 0,
    noiseSeed: random.int(0, 0x7fffffff),
  };
}

function drawIllumination(random: Random, size: number): Float32Array {
  const angle = random.range(0, 2 * Math.PI);
  const slope = random.range(0, 0.35);
  const slopeX = slope * Math.cos(angle);
  const slopeY = slope * Math.sin(angle);
  const vignette = random.chance(0.4) ? random.range(0.1, 0.6) : 0;
  const glare = random.chance(0.3) ? random.range(0.05, 0.22) : 0;
  const glareX = random.range(0.1, 0.9);
  const glareY = random.range(0.1, 0.9);
  const glareSize = random.range(4, 12);
  const shade = random.chance(0.25) ? random.range(0.08, 0.25) : 0;
  const shadeAngle = random.range(0, 2 * Math.PI);
  const shadeX = Math.cos(shadeAngle);
  const shadeY = Math.sin(shadeAngle);
  const shadeAt = random.range(-0.3, 0.3);
  const shadeSoftness = random.range(5, 14);
  const plane = new Float32Array(size * size);
  for (let row = 0, i = 0; row < size; row++) {
    const v = (row + 0.5) / size - 0.5;
    for (let column = 0; column < size; column++, i++) {
      const u = (column + 0.5) / size - 0.5;
      let light = 1 + slopeX * u + slopeY * v - vignette * (u * u + v * v);
      if (glare > 0) light += glare * Math.exp(-glareSize * ((u + 0.5 - glareX) ** 2 + (v + 0.5 - glareY) ** 2));
      if (shade > 0) light *= 1 - shade / (1 + Math.exp(-shadeSoftness * (u * shadeX + v * shadeY - shadeAt)));
      plane[i] = light;
    }
  }
  return plane;
}

/** Takes the picture. Pure: equal layers and shot give equal bytes. */
export function takePicture(layers: Layers, shot: Shot): RgbImage {
  const light = lightScene(layers, shot);
  const focused = blurColors(light, layers.size, shot.blur * layers.size);
  const seen = coarsen(smearColors(focused, layers.size, shot), layers.size, shot.coarseness);
  return { width: layers.size, height: layers.size, data: readSensor(seen, shot) };
}

function lightScene(layers: Layers, shot: Shot): Float32Array {
  const { size, color, height, coverage, backdrop } = layers;
  const out = new Float32Array(size * size * 3);
  const perPixel = size / 2;
  for (let row = 0, i = 0; row < size; row++) {
    const up = row === 0 ? 0 : -size;
    const down = row === size - 1 ? 0 : size;
    for (let column = 0; column < size; column++, i++) {
      const left = column === 0 ? 0 : -1;
      const right = column === size - 1 ? 0 : 1;
      const slopeX = (height[i + right]! - height[i + left]!) * perPixel;
      const slopeY = (height[i + down]! - height[i + up]!) * perPixel;
      const facing = slopeX * shot.lightX + slopeY * shot.lightY;
      const diffuse = Math.min(1.6, Math.max(0.35, 1 + shot.relief * facing));
      const mirror = facing > 0.15 ? shot.gloss * Math.min(0.5, 0.6 * (facing - 0.15)) : 0;
      const covered = coverage[i]!;
      const illumination = shot.illumination[i]!;
      for (let k = 3 * i; k < 3 * i + 3; k++) {
        const front = color[k]! * diffuse + mirror;
        out[k] = illumination * (backdrop[k]! + (front - backdrop[k]!) * covered);
      }
    }
  }
  return out;
}

/** Separable Gaussian over `[size, size, 3]`; returned as is when too small to see. */
function blurColors(colors: Float32Array, size: number, sigma: number): Float32Array {
  if (sigma < 0.3) return colors;
  const radius = Math.ceil(2.5 * sigma);
  const kernel = new Float32Array(radius + 1);
  let total = 0;
  for (let k = 0; k <= radius; k++) {
    kernel[k] = Math.exp((-k * k) / (2 * sigma * sigma));
    total += k === 0 ? kernel[k]! : 2 * kernel[k]!;
  }
  let from = colors;
  for (const alongRows of [true, false]) {
    const to = new Float32Array(colors.length);
    for (let row = 0, i = 0; row < size; row++) {
      for (let column = 0; column < size; column++, i++) {
        const position = alongRows ? column : row;
        const stride = alongRows ? 3 : 3 * size;
        let r = 0;
        let g = 0;
        let b = 0;
        for (let k = -radius; k <= radius; k++) {
          const at = 3 * i + stride * (Math.min(size - 1, Math.max(0, position + k)) - position);
          const weight = kernel[k < 0 ? -k : k]!;
          r += weight * from[at]!;
          g += weight * from[at + 1]!;
          b += weight * from[at + 2]!;
        }
        to[3 * i] = r / total;
        to[3 * i + 1] = g / total;
        to[3 * i + 2] = b / total;
      }
    }
    from = to;
  }
  return from;
}

/** Mean of five moments of a movement. */
function smearColors(colors: Float32Array, size: number, { motionX, motionY }: Shot): Float32Array {
  const steps = [-1, -0.5, 0, 0.5, 1].map(
    (t) => [Math.round(t * motionX * size), Math.round(t * motionY * size)] as const,
  );
  if (steps.every(([x, y]) => x === 0 && y === 0)) return colors;
  const out = new Float32Array(colors.length);
  for (let row = 0, i = 0; row < size; row++) {
    for (let column = 0; column < size; column++, i++) {
      for (const [dx, dy] of steps) {
        const x = Math.min(size - 1, Math.max(0, column + dx));
        const y = Math.min(size - 1, Math.max(0, row + dy));
        for (let k = 0; k < 3; k++) out[3 * i + k]! += colors[3 * (y * size + x) + k]! / steps.length;
      }
    }
  }
  return out;
}

/** The picture of a sensor with fewer pixels, enlarged again: between its pixels there is nothing new. */
function coarsen(colors: Float32Array, size: number, coarseness: number): Float32Array {
  const few = Math.round(size / coarseness);
  if (few >= size) return colors;
  const out = new Float32Array(colors.length);
  const at = (row: number, column: number, k: number) => {
    const y = Math.min(size - 1, Math.floor(((row + 0.5) * size) / few));
    const x = Math.min(size - 1, Math.floor(((column + 0.5) * size) / few));
    return colors[3 * (y * size + x) + k]!;
  };
  for (let row = 0, i = 0; row < size; row++) {
    const v = Math.min(few - 1, Math.max(0, ((row + 0.5) * few) / size - 0.5));
    const top = Math.floor(v);
    const bottom = Math.min(few - 1, top + 1);
    for (let column = 0; column < size; column++, i++) {
      const u = Math.min(few - 1, Math.max(0, ((column + 0.5) * few) / size - 0.5));
      const left = Math.floor(u);
      const right = Math.min(few - 1, left + 1);
      for (let k = 0; k < 3; k++) {
        const upper = at(top, left, k) + (at(top, right, k) - at(top, left, k)) * (u - left);
        const lower = at(bottom, left, k) + (at(bottom, right, k) - at(bottom, left, k)) * (u - left);
        out[3 * i + k] = upper + (lower - upper) * (v - top);
      }
    }
  }
  return out;
}

function readSensor(colors: Float32Array, shot: Shot): Uint8Array {
  const random = new Random(shot.noiseSeed);
  const tone = toneCurve(shot.gamma);
  const data = new Uint8Array(colors.length);
  const red = shot.gain * (1 + shot.warmth);
  const blue = shot.gain * (1 - shot.warmth);
  for (let i = 0; i < colors.length; i += 3) {
    let r = tone(colors[i]! * red);
    let g = tone(colors[i + 1]! * shot.gain);
    let b = tone(colors[i + 2]! * blue);
    if (shot.colorNoise > 0) {
      r += shot.colorNoise * random.normal();
      g += shot.colorNoise * random.normal();
      b += shot.colorNoise * random.normal();
    }
    const grey = 0.299 * r + 0.587 * g + 0.114 * b;
    const noise = shot.noise > 0 ? shot.noise * random.normal() : 0;
    const level = 0.5 + noise - 0.5 * shot.contrast;
    data[i] = toByte(level + shot.contrast * (grey + (r - grey) * shot.saturation));
    data[i + 1] = toByte(level + shot.contrast * (grey + (g - grey) * shot.saturation));
    data[i + 2] = toByte(level + shot.contrast * (grey + (b - grey) * shot.saturation));
  }
  return data;
}

/** level ^ gamma, from a table: the power of every pixel would be most of the work of a picture. */
function toneCurve(gamma: number): (level: number) => number {
  const steps = 1024;
  const brightest = 4;
  const table = Float32Array.from({ length: brightest * steps + 2 }, (_, i) => (i / steps) ** gamma);
  return (level) => {
    const at = Math.min(brightest, Math.max(0, level)) * steps;
    const below = Math.floor(at);
    return table[below]! + (table[below + 1]! - table[below]!) * (at - below);
  };
}

function toByte(x: number): number {
  return Math.min(255, Math.max(0, Math.round(255 * x)));
}
