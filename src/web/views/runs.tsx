/** Trainings and evaluations, watched as they go. */

import * as Plot from "@observablehq/plot";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Run } from "../../server/api.ts";
import { api } from "../api-client.ts";
import { Chart } from "../chart.tsx";
import { t, timeText } from "../i18n.ts";
import { complain } from "../notices.tsx";

/** Between looks for new runs, and between drawings of one, milliseconds. */
const LIST_EVERY = 5000;
const DRAW_EVERY = 250;

export function RunsView() {
  const runs = useSignal<readonly Run[]>([]);
  const open = useSignal<string | null>(null);
  useEffect(() => {
    const load = () =>
      api.runs().then((answer) => {
        runs.value = answer;
        open.value ??= answer[0]?.id ?? null;
      }, complain);
    void load();
    const timer = setInterval(load, LIST_EVERY);
    return () => clearInterval(timer);
  }, [runs, open]);
  const shown = runs.value.find(({ id }) => id === open.value);
  return (
    <div class="page">
      <p>{t("runsIntro")}</p>
      {runs.value.length === 0 ? <p class="soft">{t("noRuns")}</p> : null}
      <ul class="runs">
        {runs.value.map(({ id, kind, modified, steps }) => (
          <li key={id}>
            <button
              type="button"
              class="item"
              data-testid="run"
              aria-current={id === open.value}
              onClick={() => {
                open.value = id;
              }}
            >
              <strong>{id}</strong>
              <span class="soft">
                {t(kind)} · {t(kind === "training" ? "lines" : "pictures", { count: steps })} · {timeText(modified)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown === undefined ? null : <RunView key={shown.id} run={shown} />}
    </div>
  );
}

/** What is drawn of a line of a training's or an evaluation's log; what else is in it is passed over. */
interface Line {
  kind?: "step" | "epoch";
  epoch?: number;
  step?: number;
  loss?: number;
  validation?: { loss: number } | null;
  abnormal?: boolean;
  scores?: number[];
}

function RunView({ run: { id, kind } }: { run: Run }) {
  const lines = useSignal<readonly Line[]>([]);
  useEffect(() => {
    let received: Line[] = [];
    const events = new EventSource(`api/runs/${encodeURIComponent(id)}/events`);
    events.addEventListener("open", () => {
      // After a lost connection the log comes from its beginning.
      received = [];
    });
    events.addEventListener("line", (event) => {
      try {
        received.push(JSON.parse((event as MessageEvent<string>).data) as Line);
      } catch {
        // A line that is no JSON is not of a run.
      }
    });
    // A log that is read from its beginning comes faster than it can be drawn.
    const timer = setInterval(() => {
      if (received.length !== lines.value.length) lines.value = [...received];
    }, DRAW_EVERY);
    return () => {
      clearInterval(timer);
      events.close();
    };
  }, [id, lines]);
  return (
    <section class="card" data-testid="run-view">
      <h2>{id}</h2>
      {kind === "training" ? <LossChart lines={lines.value} /> : <EvaluationChart lines={lines.value} />}
    </section>
  );
}

/** More points are not seen. */
const MOST_POINTS = 2000;

function LossChart({ lines }: { lines: readonly Line[] }) {
  const steps = lines.filter(({ kind, loss }) => kind === "step" && Number.isFinite(loss));
  const every = Math.ceil(steps.length / MOST_POINTS) || 1;
  const perEpoch = Math.max(1, ...steps.map(({ step }) => step ?? 1));
  const position = ({ epoch, step }: Line) => epoch! - 1 + (step ?? perEpoch) / perEpoch;
  const epochs = lines.filter(({ kind, loss }) => kind === "epoch" && Number.isFinite(loss));
  const held = epochs.filter(({ validation }) => validation && Number.isFinite(validation.loss));
  const last = epochs.at(-1);
  return (
    <>
      <p data-testid="run-epoch">
        {last === undefined ? "" : t("epoch", { epoch: last.epoch!, loss: last.loss!.toFixed(4) })}
      </p>
      <Chart
        label={t("loss")}
        options={{
          ...{ width: 900, height: 340, marginLeft: 48, marginBottom: 42 },
          x: {
            label: t("epochs"),
            labelOffset: 34,
            ticks: 10,
            tickFormat: (x: number) => (Number.isInteger(x) ? `${x}` : ""),
          },
          y: { label: t("loss"), grid: true, nice: true },
          marks: [
            Plot.lineY(
              steps.filter((_, i) => i % every === 0),
              { x: position, y: "loss", stroke: "var(--soft)", strokeWidth: 1 },
            ),
            Plot.lineY(epochs, { x: "epoch", y: "loss", stroke: "var(--accent)", strokeWidth: 2, marker: "dot" }),
            Plot.lineY(held, {
              ...{ x: "epoch", y: (line: Line) => line.validation!.loss, marker: "dot" },
              ...{ stroke: "var(--bad)", strokeWidth: 2, strokeDasharray: "6 3" },
            }),
          ],
        }}
      />
      <p class="legend soft">
        <span class="key step" /> {t("stepLoss")} <span class="key training" /> {t("epochLoss")}
        {held.length === 0 ? null : (
          <>
            <span class="key abnormal" /> {t("validationLoss")}
          </>
        )}
      </p>
    </>
  );
}

function EvaluationChart({ lines }: { lines: readonly Line[] }) {
  const scored = lines.flatMap(({ scores, abnormal }) =>
    scores?.[0] === undefined ? [] : [{ score: scores[0], label: abnormal ? "abnormal" : "normal" }],
  );
  return (
    <>
      <p>{t("pictures", { count: scored.length })}</p>
      <Chart
        label={t("score")}
        options={{
          ...{ width: 900, height: 300, marginLeft: 48 },
          x: { label: t("score") },
          y: { label: t("count"), grid: true },
          color: { domain: ["normal", "abnormal"], range: ["var(--good)", "var(--bad)"] },
          marks: [
            Plot.rectY(
              scored,
              Plot.binX<Plot.RectYOptions>({ y2: "count" }, { x: "score", fill: "label", opacity: 0.6 }),
            ),
            Plot.ruleY([0], { stroke: "var(--line)" }),
          ],
        }}
      />
      <p class="legend soft">
        <span class="key normal" /> {t("normal")} <span class="key abnormal" /> {t("abnormal")}
      </p>
    </>
  );
}
