/** The work piece of a defect: a scene's planes to change, a record of where they were changed, and places to start. */
import type { Random } from "../../../random.ts";
import { boxBlur, type Layers, type Scene } from "../scene.ts";
import type { CategoryInfo, Color } from "../surface.ts";

/** Coordinates in picture widths: x to the right, y down, 0..1. */
export interface Place {
  x: number;
  y: number;
}

/** One attempt at one defect. Its operations change `layers` and note in `alpha` how far each pixel belongs to the defect. */
export class Damage {
  readonly layers: Layers;
  /** 0..1, `[n]`. */
  readonly alpha: Float32Array;

  constructor(
    readonly scene: Scene,
    readonly category: CategoryInfo,
    readonly random: Random,
    /** 0..1: how plainly it shows. */
    readonly strength: number,
    /** About its length or width, in picture widths. */
    readonly extent: number,
  ) {
    const clean = scene.layers;
    this.layers = {
      ...clean,
      color: clean.color.slice(),
      height: clean.height.slice(),
      coverage: clean.coverage.slice(),
      backdrop: clean.backdrop.slice(),
    };
    this.alpha = new Float32Array(clean.size * clean.size);
  }

  get size(): number {
    return this.layers.size;
  }

  /** An empty plane to draw a defect's shape in. */
  stencil(): Float32Array {
    return new Float32Array(this.size * this.size);
  }

  /** Mixes the colour towards `color`. */
  tint(stencil: Float32Array, color: Color, opacity: number): void {
    const plane = this.layers.color;
    this.forEachInside(stencil, (i, amount) => {
      for (let k = 0; k < 3; k++) plane[3 * i + k]! += (color[k]! - plane[3 * i + k]!) * amount * opacity;
    });
  }

  /** Multiplies the colour channel by channel. */
  filter(stencil: Float32Array, gains: Color): void {
    const plane = this.layers.color;
    this.forEachInside(stencil, (i, amount) => {
      for (let k = 0; k < 3; k++) plane[3 * i + k]! *= 1 + (gains[k]! - 1) * amount;
    });
  }

  /** Adds to the relief, in picture widths; negative digs. */
  raise(stencil: Float32Array, amount: number): void {
    this.forEachInside(stencil, (i, inside) => {
      this.layers.height[i]! += inside * amount;
    });
  }

  /** Takes material away: the bare background shows, without the shadow of what is gone. */
  erase(stencil: Float32Array): void {
    const { coverage, backdrop, bareBackdrop } = this.layers;
    this.forEachInside(stencil, (i, inside) => {
      coverage[i]! *= 1 - inside;
      for (let k = 3 * i; k < 3 * i + 3; k++) backdrop[k]! += (bareBackdrop[k]! - backdrop[k]!) * inside;
    });
  }

  /** Replaces colour and relief by their mean over `radius` picture widths: the pattern is rubbed away. */
  level(stencil: Float32Array, radius: number): void {
    const pixels = Math.max(1, Math.round(radius * this.size));
    const { color, height } = this.layers;
    const channel = this.stencil();
    for (let k = -1; k < 3; k++) {
      const plane = k < 0 ? height : color;
      const step = k < 0 ? 1 : 3;
      const offset = Math.max(0, k);
      for (let i = 0; i < channel.length; i++) channel[i] = plane[step * i + offset]!;
      const mean = boxBlur(boxBlur(channel, this.size, pixels, 1), this.size, pixels, this.size);
      this.forEachInside(stencil, (i, inside) => {
        plane[step * i + offset]! += (mean[i]! - channel[i]!) * inside;
      });
    }
  }

  /** Mixes what the sound scene shows at (fromX, fromY), in pixels, into one pixel; where the object goes, the ground is bared. */
  carry(pixel: number, fromX: number, fromY: number, share: number): void {
    const clean = this.scene.layers;
    const { size, color, height, coverage, backdrop, bareBackdrop } = this.layers;
    const x = Math.min(size - 1, Math.max(0, fromX));
    const y = Math.min(size - 1, Math.max(0, fromY));
    height[pixel]! += (sample(clean.height, size, x, y, 1, 0) - height[pixel]!) * share;
    coverage[pixel]! += (sample(clean.coverage, size, x, y, 1, 0) - coverage[pixel]!) * share;
    const bared = Math.max(0, clean.coverage[pixel]! - coverage[pixel]!);
    for (let k = 0; k < 3; k++) {
      const i = 3 * pixel + k;
      color[i]! += (sample(clean.color, size, x, y, 3, k) - color[i]!) * share;
      backdrop[i]! += (bareBackdrop[i]! - backdrop[i]!) * bared;
    }
    const touched = this.category.kind === "texture" ? 1 : Math.max(coverage[pixel]!, clean.coverage[pixel]!);
    this.alpha[pixel] = Math.max(this.alpha[pixel]!, share * touched);
  }

  /** Calls back for every pixel of the stencil that lies on the texture or object, and records it as damaged. */
  forEachInside(stencil: Float32Array, visit: (pixel: number, amount: number) => void): void {
    const clean = this.scene.layers.coverage;
    for (let i = 0; i < stencil.length; i++) {
      const amount = stencil[i]! * clean[i]!;
      if (amount < 0.004) continue;
      if (amount > this.alpha[i]!) this.alpha[i] = amount;
      visit(i, amount);
    }
  }

  /** A random place well inside the texture or object. */
  placeInside(): Place {
    let x = 0.5;
    let y = 0.5;
    for (let attempt = 0; attempt < 80; attempt++) {
      x = this.random.range(0.08, 0.92);
      y = this.random.range(0.08, 0.92);
      if (this.coverageAt(x, y) > 0.95) break;
    }
    return { x, y };
  }

  /** A random place on the object's outline and the direction to its inside (unit length). */
  placeOnEdge(): Place & { inX: number; inY: number } {
    let best = { x: 0.5, y: 0.5, inX: 1, inY: 0 };
    for (let attempt = 0; attempt < 40; attempt++) {
      const { x, y } = this.placeInside();
      const angle = this.random.range(0, 2 * Math.PI);
      const dx = Math.cos(angle) / 128;
      const dy = Math.sin(angle) / 128;
      let steps = 0;
      while (steps < 128 && this.coverageAt(x + dx * steps, y + dy * steps) > 0.5) steps++;
      best = { x: x + dx * steps, y: y + dy * steps, inX: -Math.cos(angle), inY: -Math.sin(angle) };
      if (best.x > 0.03 && best.x < 0.97 && best.y > 0.03 && best.y < 0.97) break;
    }
    return best;
  }

  /** A colour that stands out at `place`: darker on bright ground, brighter on dark, either in between. */
  contrastingColor(place: Place): Color {
    const i = this.indexAt(place.x, place.y);
    const color = this.scene.layers.color;
    const brightness = (color[3 * i]! + color[3 * i + 1]! + color[3 * i + 2]!) / 3;
    const darker = brightness > 0.62 || (brightness > 0.3 && this.random.chance(0.5));
    const level = darker
      ? brightness * this.random.range(0.1, 0.4)
      : brightness + (1.1 - brightness) * this.random.range(0.6, 0.95);
    const hue = () => level * this.random.range(0.88, 1.12);
    return [hue(), hue(), hue()];
  }

  private coverageAt(x: number, y: number): number {
    if (x < 0 || y < 0 || x >= 1 || y >= 1) return 0;
    return this.scene.layers.coverage[this.indexAt(x, y)]!;
  }

  private indexAt(x: number, y: number): number {
    const inside = (t: number) => Math.min(this.size - 1, Math.max(0, Math.floor(t * this.size)));
    return inside(y) * this.size + inside(x);
  }
}

/** Bilinear value of one channel at pixel coordinates inside the picture. */
function sample(plane: Float32Array, size: number, x: number, y: number, channels: number, channel: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = Math.min(size - 1, left + 1);
  const bottom = Math.min(size - 1, top + 1);
  const at = (column: number, row: number) => plane[(row * size + column) * channels + channel]!;
  const upper = at(left, top) + (at(right, top) - at(left, top)) * (x - left);
  const lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * (x - left);
  return upper + (lower - upper) * (y - top);
}
