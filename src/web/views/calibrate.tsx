/** From pictures that are known to be good, and bad ones if there are any, to a product's threshold. */

import { useSignal } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Calibration, Rate } from "../../server/api.ts";
import { api, detect } from "../api-client.ts";
import { Calibrator, scoresOf } from "../calibrator.ts";
import { loadProducts, products } from "../catalog.ts";
import { ScoreHistogram } from "../chart.tsx";
import { ModelChooser } from "../choosers.tsx";
import { FileDrop } from "../file-drop.tsx";
import { percentText, scoreText, t, timeText } from "../i18n.ts";
import { complain, reasonOf, say } from "../notices.tsx";
import { chooseProduct } from "../session.ts";

export function CalibrateView() {
  const [calibrator] = useState(
    () =>
      new Calibrator({
        detect,
        calibrate: api.calibrate,
        onError: (error, name) => complain(name === null ? error : new Error(`${name}: ${reasonOf(error)}`)),
      }),
  );
  const { good, bad, model, calibration, pending } = calibrator;
  const name = useSignal("");

  const save = async () => {
    const { threshold } = calibration.value!;
    try {
      const product = name.value.trim();
      await api.putProduct(product, { threshold, model: model.value, calibration: calibration.value });
      await loadProducts();
      say(t("saved", { product, threshold: scoreText(threshold) }));
    } catch (error) {
      complain(error);
    }
  };
  const total = good.value.length + bad.value.length;
  const done = total - pending.value;
  return (
    <div class="page">
      <p>{t("calibrateIntro")}</p>
      <div class="row">
        <ModelChooser value={model.value} onChoose={(value) => calibrator.chooseModel(value)} none={t("firstModel")} />
      </div>
      <div class="pair" aria-busy={done < total}>
        <FileDrop
          title={`${t("goodPictures")} (${scoresOf(good.value).length})`}
          testid="good"
          onFiles={(files) => void calibrator.look(files, good)}
        />
        <FileDrop
          title={`${t("badPictures")} (${scoresOf(bad.value).length})`}
          testid="bad"
          onFiles={(files) => void calibrator.look(files, bad)}
        />
      </div>
      {done < total ? (
        <p role="status">
          {t("looking", { done, total })}
          <progress max={total} value={done} />
        </p>
      ) : null}
      {calibration.value === null ? null : (
        <section class="card">
          <Expected calibration={calibration.value} good={scoresOf(good.value)} bad={scoresOf(bad.value)} />
          <form
            class="row"
            onSubmit={(event) => {
              event.preventDefault();
              void save();
            }}
          >
            <label class="field">
              <span>{t("productName")}</span>
              <input
                required
                maxLength={80}
                value={name.value}
                data-testid="product-name"
                onInput={(event) => {
                  name.value = event.currentTarget.value;
                }}
              />
            </label>
            <button type="submit" class="primary" data-testid="save-product">
              {t("save")}
            </button>
            <button type="button" onClick={() => calibrator.begin()}>
              {t("beginAnew")}
            </button>
          </form>
        </section>
      )}
      <Products />
    </div>
  );
}

function Expected(props: { calibration: Calibration; good: readonly number[]; bad: readonly number[] }) {
  const { good, bad } = props;
  const { threshold, rule, normals, abnormals, falseAlarms, misses } = props.calibration;
  const scores = [
    ...good.map((score) => ({ score, verdict: "normal" as const })),
    ...bad.map((score) => ({ score, verdict: "abnormal" as const })),
  ];
  return (
    <div class="expected">
      <div>
        <p class="soft">{t("threshold")}</p>
        <p class="large" data-testid="calibrated-threshold">
          {scoreText(threshold)}
        </p>
        <p class="soft">
          {t(rule === "normals-only" ? "calibratedNormals" : "calibratedBoth", { normals, abnormals })}
        </p>
        <dl>
          <dt>{t("falseAlarms")}</dt>
          <dd data-testid="false-alarms">{rateText(falseAlarms)}</dd>
          <dt>{t("misses")}</dt>
          <dd data-testid="misses">{misses === null ? t("missesUnknown") : rateText(misses)}</dd>
        </dl>
      </div>
      <div>
        <ScoreHistogram scores={scores} threshold={threshold} label={t("score")} />
        <p class="legend soft">
          <span class="key normal" /> {t("goodPictures")} <span class="key abnormal" /> {t("badPicturesShort")}
        </p>
      </div>
    </div>
  );
}

function Products() {
  const remove = async (name: string) => {
    if (!confirm(t("confirmRemove", { name }))) return;
    try {
      await api.removeProduct(name);
      await loadProducts();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <section>
      <h2>{t("products")}</h2>
      {products.value.length === 0 ? (
        <p class="soft">{t("noProducts")}</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>{t("product")}</th>
                <th class="number">{t("threshold")}</th>
                <th>{t("falseAlarms")}</th>
                <th>{t("misses")}</th>
                <th>{t("model")}</th>
                <th>{t("changed")}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {products.value.map(({ name, threshold, model, calibration, updated }) => (
                <tr key={name} data-testid="product-row">
                  <th scope="row">{name}</th>
                  <td class="number">{scoreText(threshold)}</td>
                  <td>{calibration === null ? "–" : rateText(calibration.falseAlarms, "rateShort")}</td>
                  <td>{calibration?.misses == null ? "–" : rateText(calibration.misses, "rateShort")}</td>
                  <td>{model ?? "–"}</td>
                  <td>{timeText(updated)}</td>
                  <td>
                    <span class="actions">
                      <button
                        type="button"
                        onClick={() => {
                          chooseProduct(name);
                          location.hash = "inspect";
                        }}
                      >
                        {t("use")}
                      </button>
                      <button type="button" class="quiet" onClick={() => void remove(name)}>
                        {t("remove")}
                      </button>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function rateText({ rate, low, high }: Rate, key: "rate" | "rateShort" = "rate"): string {
  return t(key, { rate: percentText(rate), low: percentText(low), high: percentText(high) });
}
