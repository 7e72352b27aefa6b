/** Charts, drawn by Observable Plot. */

import * as Plot from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";
import type { Result } from "../server/api.ts";
import { t } from "./i18n.ts";

interface ChartProps {
  label: string;
  options: Plot.PlotOptions;
}

export function Chart({ label, options }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const chart = Plot.plot({ ariaLabel: label, ...options });
    // The content-security policy has no room for style sheets inside; those of the page do the same.
    for (const style of chart.querySelectorAll("style")) style.remove();
    frame.current!.replaceChildren(chart);
  });
  return <div ref={frame} class="chart" role="img" aria-label={label} />;
}

const MARGIN = 14;
const WIDTH = 320;
const BINS = 40;
const BIN_EDGES = Array.from({ length: BINS + 1 }, (_, i) => i / BINS);

interface ScoresProps {
  scores: readonly { score: number; verdict: Result["verdict"] }[];
  threshold: number;
  label: string;
  /** Where it was pointed at, as a score. */
  onPoint?: (score: number) => void;
}

/** How many pictures have which score; the line is the threshold. */
export function ScoreHistogram({ scores, threshold, label, onPoint }: ScoresProps) {
  const point = (event: PointerEvent) => {
    if (onPoint === undefined || event.buttons !== 1) return;
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const margin = (MARGIN / WIDTH) * width;
    const score = (event.clientX - left - margin) / (width - 2 * margin);
    onPoint(Math.round(1000 * Math.min(1, Math.max(0, score))) / 1000);
  };
  return (
    <div class={onPoint ? "pointable" : ""} onPointerDown={point} onPointerMove={point}>
      <Chart
        label={label}
        options={{
          ...{ width: WIDTH, height: 150, marginLeft: MARGIN, marginRight: MARGIN, marginTop: 8 },
          x: { domain: [0, 1], label: null, ticks: 5 },
          y: { axis: null, domain: scores.length === 0 ? [0, 1] : undefined },
          color: { domain: ["normal", "abnormal"], range: ["var(--good)", "var(--bad)"] },
          marks: [
            Plot.rectY(
              [...scores],
              Plot.binX<Plot.RectYOptions>(
                { y: "count" },
                { x: "score", fill: "verdict", thresholds: BIN_EDGES, inset: 0.5 },
              ),
            ),
            Plot.ruleX([threshold], { stroke: "currentColor", strokeWidth: 2 }),
            Plot.ruleY([0], { stroke: "var(--line)" }),
          ],
        }}
      />
    </div>
  );
}

/** What colours mean; not by colour alone: the bars of abnormal pictures stand right of the line. */
export function ScoreLegend() {
  return (
    <p class="legend soft">
      <span class="key normal" /> {t("normal")} <span class="key abnormal" /> {t("abnormal")}
    </p>
  );
}
