/** One result: what was said of the picture, and where. */

import { verdictAt } from "../anomalyclip/detection.ts";
import type { Result } from "../server/api.ts";
import { scoreText, t, timeText } from "./i18n.ts";
import { PictureViewer, type ShownResult } from "./viewer.tsx";

/** Verdict by a threshold: a word with a colour and a shape. */
export function Verdict({ verdict }: { verdict: Result["verdict"] }) {
  return <span class={`verdict ${verdict}`}>{t(verdict)}</span>;
}

interface ResultViewProps {
  result: ShownResult;
  /** By which it is judged: the result's own, or one that was chosen since. */
  threshold: number;
}

export function ResultView({ result, threshold }: ResultViewProps) {
  const { image, score, model, product, created, width, height, regions } = result;
  const verdict = verdictAt(score, threshold);
  return (
    <article class="result" data-testid="result">
      <header class="result-head">
        <h2 title={image}>{image}</h2>
        <p
          class="row"
          data-testid="verdict"
          data-verdict={verdict}
          role="img"
          aria-label={t("verdictOf", {
            ...{ name: image, verdict: t(verdict) },
            ...{ score: scoreText(score), threshold: scoreText(threshold) },
          })}
        >
          <Verdict verdict={verdict} />
          <strong class="score">{scoreText(score)}</strong>
          <span class="soft">{t("thresholdValue", { value: scoreText(threshold) })}</span>
        </p>
      </header>
      <PictureViewer result={result} />
      <p class="soft">
        {regions.length === 0
          ? t("noRegions")
          : t("regions", { count: regions.length, peak: scoreText(regions[0]!.peak) })}
      </p>
      <p class="soft">{[product, model, `${width} × ${height}`, timeText(created)].filter(Boolean).join(" · ")}</p>
    </article>
  );
}
