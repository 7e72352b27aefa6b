/** One picture through two models, seen in step. */

import { useSignal } from "@preact/signals";
import { detect } from "../api-client.ts";
import { models } from "../catalog.ts";
import { ModelChooser } from "../choosers.tsx";
import { FileDrop } from "../file-drop.tsx";
import { scoreText, t } from "../i18n.ts";
import { complain } from "../notices.tsx";
import { Verdict } from "../result-view.tsx";
import { PictureFrame, type ShownResult, ViewerTools } from "../viewer.tsx";
import { WHOLE } from "../zoom.ts";

export function CompareView() {
  const view = useSignal(WHOLE);
  const names = models.value.map(({ name }) => name);
  const chosen = useSignal<[string | null, string | null]>([null, null]);
  const file = useSignal<File | null>(null);
  const results = useSignal<readonly ShownResult[]>([]);
  const busy = useSignal(false);
  if (names.length < 2) return <p class="page">{t("oneModel")}</p>;

  const pair = [chosen.value[0] ?? names[0]!, chosen.value[1] ?? names[1]!] as const;
  const look = async (picture: File, both: readonly string[]) => {
    file.value = picture;
    busy.value = true;
    try {
      const looked = both.map((model) => detect(picture, { model, product: null, keep: true }));
      results.value = (await Promise.all(looked)) as ShownResult[];
      view.value = WHOLE;
    } catch (error) {
      complain(error);
    } finally {
      busy.value = false;
    }
  };
  const choose = (place: 0 | 1, name: string | null) => {
    const both = [...pair] as [string, string];
    both[place] = name ?? both[place];
    chosen.value = both;
    if (file.value !== null) void look(file.value, both);
  };
  return (
    <div class="page" aria-busy={busy.value}>
      <p>{t("compareIntro")}</p>
      <div class="row">
        <ModelChooser label={t("first")} value={pair[0]} onChoose={(name) => choose(0, name)} none={null} />
        <ModelChooser label={t("second")} value={pair[1]} onChoose={(name) => choose(1, name)} none={null} />
      </div>
      <FileDrop title={t("dropOne")} testid="compare-file" compact onFiles={([first]) => void look(first!, pair)} />
      {busy.value ? <p role="status">{t("waiting")}</p> : null}
      {results.value.length === 2 ? (
        <div class="viewer">
          <ViewerTools view={view} pair={false} />
          <div class="panes">
            {results.value.map((result, i) => (
              <div key={i === 0 ? "first" : "second"} class="compared" data-testid="compared">
                <p class="row">
                  <strong>{result.model}</strong>
                  <Verdict verdict={result.verdict} />
                  <span class="score">{scoreText(result.score)}</span>
                  <span class="soft">{t("thresholdValue", { value: scoreText(result.threshold) })}</span>
                </p>
                <PictureFrame result={result} view={view} heat />
              </div>
            ))}
          </div>
        </div>
      ) : null}
    </div>
  );
}
