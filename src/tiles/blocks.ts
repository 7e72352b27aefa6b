/** A picture and its map made smaller by a whole number, row by row: each pixel stands for a block. */

import type { RgbImage } from "../image/image.ts";

/** The smallest whole number by which a picture has to be reduced to have no more than `mostPixels`. */
export function reductionFor(width: number, height: number, mostPixels: number): number {
  let reduction = 1;
  while (Math.ceil(width / reduction) * Math.ceil(height / reduction) > mostPixels) reduction++;
  return reduction;
}

/** The mean colour of each block. Blocks at the right and lower border may be cut off; what is there counts. */
export class BlockMeans {
  private readonly image: RgbImage;
  /** `[width, 3]`: the blocks of the current row of blocks. */
  private readonly sums: Float64Array;
  private y = 0;

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly reduction: number,
  ) {
    const [across, down] = [Math.ceil(width / reduction), Math.ceil(height / reduction)];
    this.image = { width: across, height: down, data: new Uint8Array(across * down * 3) };
    this.sums = new Float64Array(across * 3);
  }

  /** Takes the next rows of the picture, all of its width. */
  add(band: RgbImage): void {
    const { width, height, reduction, sums } = this;
    for (let i = 0; i < band.height; i++) {
      const row = band.data.subarray(i * width * 3, (i + 1) * width * 3);
      for (let to = 0, p = 0; p < row.length; to += 3) {
        for (const end = Math.min(row.length, p + reduction * 3); p < end; p += 3) {
          sums[to] = sums[to]! + row[p]!;
          sums[to + 1] = sums[to + 1]! + row[p + 1]!;
          sums[to + 2] = sums[to + 2]! + row[p + 2]!;
        }
      }
      this.y++;
      if (this.y % reduction === 0 || this.y === height) this.closeBlocks();
    }
  }

  /** The reduced picture, once all rows were added. */
  finish(): RgbImage {
    return this.image;
  }

  private closeBlocks(): void {
    const { width, reduction, sums, image } = this;
    const rows = ((this.y - 1) % reduction) + 1;
    const from = Math.floor((this.y - 1) / reduction) * sums.length;
    for (let i = 0; i < sums.length; i++) {
      const columns = Math.min(reduction, width - Math.floor(i / 3) * reduction);
      image.data[from + i] = Math.round(sums[i]! / (rows * columns));
    }
    sums.fill(0);
  }
}

/** The largest value of each block, so that a small peak survives. */
export class BlockMaxima {
  private readonly across: number;
  private readonly maxima: Float32Array;
  private y = 0;

  constructor(
    width: number,
    height: number,
    private readonly reduction: number,
  ) {
    this.across = Math.ceil(width / reduction);
    this.maxima = new Float32Array(this.across * Math.ceil(height / reduction)).fill(-Infinity);
  }

  /** Takes the next row of the map. */
  add(row: Float32Array): void {
    const { reduction, maxima } = this;
    let to = Math.floor(this.y++ / reduction) * this.across;
    for (let x = 0; x < row.length; to++) {
      let most = maxima[to]!;
      for (const end = Math.min(row.length, x + reduction); x < end; x++) if (row[x]! > most) most = row[x]!;
      maxima[to] = most;
    }
  }

  /** `[ceil(height / reduction), ceil(width / reduction)]`, once all rows were added. */
  finish(): Float32Array {
    return this.maxima;
  }
}
