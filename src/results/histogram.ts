/** The scores of a run as a histogram, drawn in SVG. */

/** Scores 0..1 counted in equal bins, apart by verdict. */
export class ScoreHistogram {
  readonly normal: number[];
  readonly abnormal: number[];

  constructor(readonly bins = 50) {
    this.normal = new Array<number>(bins).fill(0);
    this.abnormal = new Array<number>(bins).fill(0);
  }

  add(score: number, verdict: "normal" | "abnormal"): void {
    const bin = Math.min(this.bins - 1, Math.max(0, Math.floor(score * this.bins)));
    this[verdict][bin]!++;
  }

  /** An `<svg>`; colours come from the page's style (`.normal`, `.abnormal`, `.threshold`, `.axis`). */
  toSvg(threshold: number): string {
    const tallest = Math.max(1, ...this.normal.map((count, bin) => count + this.abnormal[bin]!));
    const bars = this.normal.map((_, bin) => this.#bar(bin, tallest)).join("");
    const ticks = [0, 0.25, 0.5, 0.75, 1].map(
      (tick) => `<text class="axis" x="${xOf(tick)}" y="${BASE + 20}" text-anchor="middle">${tick}</text>`,
    );
    const at = xOf(Math.min(1, Math.max(0, threshold)));
    return [
      `<svg class="histogram" viewBox="0 0 ${WIDTH} ${BASE + 28}" role="img" aria-label="Histogram of the scores">`,
      `<line class="axis" x1="${LEFT}" y1="${BASE}" x2="${WIDTH - LEFT}" y2="${BASE}"/>`,
      bars,
      ...ticks,
      `<line class="threshold" x1="${at}" y1="14" x2="${at}" y2="${BASE}"/>`,
      `<text class="threshold" x="${at}" y="10" text-anchor="middle">threshold ${formatScore(threshold)}</text>`,
      "</svg>",
    ].join("");
  }

  #bar(bin: number, tallest: number): string {
    const normal = this.normal[bin]!;
    const abnormal = this.abnormal[bin]!;
    if (normal + abnormal === 0) return "";
    const x = xOf(bin / this.bins) + 0.5;
    const width = xOf(1 / this.bins) - xOf(0) - 1;
    // One picture among ten thousand is often the one that matters: no bar is too low to be seen.
    const height = (count: number) => (count === 0 ? 0 : Math.max(2, (count / tallest) * (BASE - 20)));
    const rect = (kind: string, top: number, tall: number) =>
      tall === 0
        ? ""
        : `<rect class="${kind}" x="${round(x)}" y="${round(top)}" width="${round(width)}" height="${round(tall)}"/>`;
    const [low, high] = [height(normal), height(abnormal)];
    const range = `${formatScore(bin / this.bins)} to ${formatScore((bin + 1) / this.bins)}`;
    return `<g><title>${range}: ${normal} normal, ${abnormal} abnormal</title>${rect("normal", BASE - low, low)}${rect("abnormal", BASE - low - high, high)}</g>`;
  }
}

/** A score for people: three decimals. */
export function formatScore(score: number): string {
  return score.toFixed(3);
}

// --- internal ---

const WIDTH = 1000;
const LEFT = 24;
const BASE = 130;

function xOf(score: number): number {
  return LEFT + score * (WIDTH - 2 * LEFT);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
