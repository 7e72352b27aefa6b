/** Pictures in, verdicts out: the view that is open all day. */

import { useCallback } from "preact/hooks";
import { verdictAt } from "../../anomalyclip/detection.ts";
import { api, resultFile } from "../api-client.ts";
import { loadProducts, products } from "../catalog.ts";
import { ScoreHistogram, ScoreLegend } from "../chart.tsx";
import { ModelChooser, ProductChooser } from "../choosers.tsx";
import { FileDrop } from "../file-drop.tsx";
import { scoreText, t } from "../i18n.ts";
import { complain, say } from "../notices.tsx";
import { ResultView, Verdict } from "../result-view.tsx";
import {
  addFiles,
  chooseModel,
  chooseProduct,
  chosenThreshold,
  clear,
  type Item,
  items,
  model,
  product,
  results,
  retry,
  selected,
  shown,
  threshold,
} from "../session.ts";
import type { ShownResult } from "../viewer.tsx";

export function InspectView() {
  const take = useCallback((files: File[]) => addFiles(files), []);
  const empty = items.value.length === 0;
  return (
    <div class={empty ? "inspect empty" : "inspect"}>
      <div class="side">
        <FileDrop
          title={t("dropTitle")}
          help={t("dropHelp")}
          testid="files"
          everything
          compact={!empty}
          onFiles={take}
        />
        {empty ? null : <ItemList />}
      </div>
      {empty ? null : <Shown />}
      <Judgement />
    </div>
  );
}

function ItemList() {
  const abnormal = results.value.filter(({ score }) => score >= threshold.value).length;
  return (
    <>
      <p class="row spread">
        <span data-testid="counts">{t("sessionCounts", { abnormal, total: results.value.length })}</span>
        <button type="button" class="quiet" onClick={clear}>
          {t("clear")}
        </button>
      </p>
      <ul class="items" onKeyDown={moveFocus}>
        {items.value.map((item) => (
          <li key={item.key}>
            <ItemButton item={item} />
          </li>
        ))}
      </ul>
    </>
  );
}

function ItemButton({ item: { key, name, state, result } }: { item: Item }) {
  return (
    <button
      type="button"
      class="item"
      aria-current={selected.value === key}
      title={name}
      onClick={() => {
        selected.value = key;
      }}
    >
      {result?.id ? <img src={resultFile(result.id, "thumbnail.jpg")} alt="" loading="lazy" /> : <span class="blank" />}
      <span class="item-name">{name}</span>
      {result === null ? (
        <span class={`verdict ${state}`}>{t(state === "failed" ? "failed" : "waiting")}</span>
      ) : (
        <>
          <Verdict verdict={verdictAt(result.score, threshold.value)} />
          <span class="score">{scoreText(result.score)}</span>
        </>
      )}
    </button>
  );
}

function Shown() {
  const item = shown.value;
  if (item === null) return <div class="result" />;
  if (item.state === "failed") {
    return (
      <article class="result" data-testid="failure">
        <h2>{item.name}</h2>
        <p class="notice error">{item.error}</p>
        <p class="row">
          <button type="button" onClick={() => retry(item.key)}>
            {t("retry")}
          </button>
        </p>
      </article>
    );
  }
  if (item.result?.id == null) {
    return (
      <article class="result" aria-busy="true">
        <h2>{item.name}</h2>
        <p class="soft">{t("waiting")}</p>
      </article>
    );
  }
  return <ResultView result={item.result as ShownResult} threshold={threshold.value} />;
}

/** Where the line is, and what it does to the session. */
function Judgement() {
  const current = products.value.find(({ name }) => name === product.value);
  const set = (value: number) => {
    chosenThreshold.value = value;
  };
  const save = async () => {
    try {
      const { name, model } = current!;
      // What was expected of another threshold does not hold for this one.
      await api.putProduct(name, { threshold: threshold.value, model, calibration: null });
      await loadProducts();
      chosenThreshold.value = null;
      say(t("saved", { product: name, threshold: scoreText(threshold.value) }));
    } catch (error) {
      complain(error);
    }
  };
  const scores = results.value.map(({ score }) => ({ score, verdict: verdictAt(score, threshold.value) }));
  return (
    <aside class="judgement">
      <ProductChooser value={product.value} onChoose={chooseProduct} none={t("anyProduct")} />
      <ModelChooser value={model.value} onChoose={chooseModel} none={t("defaultModel")} />
      <h3>{t("scoresOfSession")}</h3>
      <ScoreHistogram scores={scores} threshold={threshold.value} label={t("scoresOfSession")} onPoint={set} />
      <label class="threshold">
        <span class="row spread">
          {t("threshold")}
          <output class="score">{scoreText(threshold.value)}</output>
        </span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.001"
          value={threshold.value}
          data-testid="threshold"
          onInput={(event) => set(event.currentTarget.valueAsNumber)}
        />
      </label>
      <ScoreLegend />
      <p class="soft">{t("thresholdHelp")}</p>
      {chosenThreshold.value === null ? null : (
        <p class="row">
          <button
            type="button"
            onClick={() => {
              chosenThreshold.value = null;
            }}
          >
            {t("resetThreshold")}
          </button>
          {current === undefined ? null : (
            <button type="button" class="primary" onClick={() => void save()}>
              {t("save")}
            </button>
          )}
        </p>
      )}
    </aside>
  );
}

/** Up and down go through the list, as people expect of one. */
function moveFocus(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
  const next = buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  next.click();
}
