/** Lattice noise from shared tables: gradient noise, its fractal sum, and cells. */
import { Random } from "../../random.ts";

const order = new Uint8Array(256);
const gradientX = new Float32Array(256);
const gradientY = new Float32Array(256);
const jitterX = new Float32Array(256);
const jitterY = new Float32Array(256);
fillTables();

/** Gradient noise at (x, y), lattice spacing 1, about -1..1. Different seeds are different fields. */
export function gradientNoise(x: number, y: number, seed: number): number {
  const cellX = Math.floor(x);
  const cellY = Math.floor(y);
  const dx = x - cellX;
  const dy = y - cellY;
  const base = order[seed & 255]!;
  const left = order[(base + cellX) & 255]!;
  const right = order[(base + cellX + 1) & 255]!;
  const i00 = order[(left + cellY) & 255]!;
  const i10 = order[(right + cellY) & 255]!;
  const i01 = order[(left + cellY + 1) & 255]!;
  const i11 = order[(right + cellY + 1) & 255]!;
  const wx = dx * dx * dx * (dx * (dx * 6 - 15) + 10);
  const wy = dy * dy * dy * (dy * (dy * 6 - 15) + 10);
  const n00 = gradientX[i00]! * dx + gradientY[i00]! * dy;
  const n10 = gradientX[i10]! * (dx - 1) + gradientY[i10]! * dy;
  const n01 = gradientX[i01]! * dx + gradientY[i01]! * (dy - 1);
  const n11 = gradientX[i11]! * (dx - 1) + gradientY[i11]! * (dy - 1);
  const top = n00 + (n10 - n00) * wx;
  const bottom = n01 + (n11 - n01) * wx;
  return 1.45 * (top + (bottom - top) * wy);
}

/** Sum of `octaves` gradient noises, each at twice the frequency and `fall` times the height; about -1..1. */
export function fractalNoise(x: number, y: number, octaves: number, seed: number, fall = 0.5): number {
  let sum = 0;
  let weight = 1;
  let total = 0;
  let frequency = 1;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * gradientNoise(x * frequency, y * frequency, seed + 37 * octave);
    total += weight;
    weight *= fall;
    frequency *= 2;
  }
  return sum / total;
}

/** What `findCell` found: distances to the nearest and second nearest cell centre, and a number of the nearest. */
export interface Cell {
  nearest: number;
  second: number;
  /** 0..255, the same for every point of a cell. */
  id: number;
}

/** Cell (Worley) noise: one jittered centre in each unit square; `jitter` 0 is a square grid, 1 is irregular. */
export function findCell(x: number, y: number, jitter: number, seed: number, out: Cell): void {
  const cellX = Math.floor(x);
  const cellY = Math.floor(y);
  const base = order[seed & 255]!;
  let nearest = 9;
  let second = 9;
  let id = 0;
  for (let i = -1; i <= 1; i++) {
    const column = order[(base + cellX + i) & 255]!;
    for (let j = -1; j <= 1; j++) {
      const hash = order[(column + cellY + j) & 255]!;
      const dx = cellX + i + 0.5 + jitter * jitterX[hash]! - x;
      const dy = cellY + j + 0.5 + jitter * jitterY[hash]! - y;
      const squared = dx * dx + dy * dy;
      if (squared < nearest) {
        second = nearest;
        nearest = squared;
        id = hash;
      } else if (squared < second) second = squared;
    }
  }
  out.nearest = Math.sqrt(nearest);
  out.second = Math.sqrt(second);
  out.id = id;
}

/** A fixed number in 0..1 for a pair of whole numbers, such as a tile's row and column. */
export function latticeValue(i: number, j: number, seed: number): number {
  return order[(order[(order[seed & 255]! + i) & 255]! + j) & 255]! / 255;
}

function fillTables(): void {
  const random = new Random(20240501);
  for (let i = 0; i < 256; i++) {
    order[i] = i;
    const angle = random.range(0, 2 * Math.PI);
    gradientX[i] = Math.cos(angle);
    gradientY[i] = Math.sin(angle);
    jitterX[i] = random.range(-0.5, 0.5);
    jitterY[i] = random.range(-0.5, 0.5);
  }
  for (let i = 255; i > 0; i--) {
    const j = random.int(0, i);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
}
