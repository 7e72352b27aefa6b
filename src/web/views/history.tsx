/** What was looked at: found again, and handed on. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ListQuery, ResultList } from "../../server/api.ts";
import { api, queryOf, resultFile } from "../api-client.ts";
import { ModelChooser, ProductChooser } from "../choosers.tsx";
import { scoreText, t, timeText } from "../i18n.ts";
import { complain } from "../notices.tsx";
import { ResultView, Verdict } from "../result-view.tsx";
import { route } from "../route.ts";
import type { ShownResult } from "../viewer.tsx";

const PAGE = 50;
/** Typing is let come to rest before the service is asked, milliseconds. */
const REST = 250;

const ORDERS: readonly ListQuery["sort"][] = ["newest", "oldest", "highest", "lowest"];

interface Filters {
  query: string;
  product: string | null;
  model: string | null;
  verdict: string | null;
  /** Local days, as date inputs have them. */
  from: string;
  to: string;
  minScore: string;
  maxScore: string;
}

const NO_FILTERS: Filters = {
  ...{ query: "", product: null, model: null, verdict: null },
  ...{ from: "", to: "", minScore: "", maxScore: "" },
};

export function HistoryView() {
  const filters = useSignal(NO_FILTERS);
  const sort = useSignal<ListQuery["sort"]>("newest");
  const offset = useSignal(0);
  const list = useSignal<ResultList | null>(null);
  const open = useSignal<ShownResult | null>(null);
  const job = route.value.query.get("job");

  const { from, to, ...same } = filters.value;
  // A day lasts until the next begins, where the inspector is.
  const filter = queryOf({ ...same, job, from: dayStart(from, 0), to: dayStart(to, 1) });
  const query = `${filter}&${queryOf({ sort: sort.value, offset: offset.value, limit: PAGE })}`;
  const load = () => {
    api.results(query).then((answer) => {
      list.value = answer;
    }, complain);
  };
  useEffect(() => {
    const timer = setTimeout(load, list.value === null ? 0 : REST);
    return () => clearTimeout(timer);
  }, [query]);

  const change = (changes: Partial<Filters>) => {
    filters.value = { ...filters.value, ...changes };
    offset.value = 0;
  };
  if (open.value !== null) {
    const result = open.value;
    return (
      <div class="page">
        <p class="row">
          <button
            type="button"
            onClick={() => {
              open.value = null;
            }}
          >
            ← {t("back")}
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              if (!confirm(t("confirmRemove", { name: result.image }))) return;
              api.removeResult(result.id).then(() => {
                open.value = null;
                load();
              }, complain);
            }}
          >
            {t("remove")}
          </button>
        </p>
        <ResultView result={result} threshold={result.threshold} />
      </div>
    );
  }
  return (
    <div class="page">
      <FilterFields filters={filters.value} onChange={change} />
      {job === null ? null : (
        <p class="row">
          <span>{t("ofJob")}</span>
          <a class="button" href="#history">
            {t("showAll")}
          </a>
        </p>
      )}
      <p class="row spread">
        <span>{list.value === null ? "" : t("results", { total: list.value.total })}</span>
        <span class="row">
          <label class="inline">
            {t("sort")}
            <select
              value={sort.value}
              onChange={(event) => {
                sort.value = event.currentTarget.value as ListQuery["sort"];
                offset.value = 0;
              }}
            >
              {ORDERS.map((order) => (
                <option key={order} value={order}>
                  {t(order)}
                </option>
              ))}
            </select>
          </label>
          <span class="group">
            {(["csv", "html", "zip"] as const).map((format) => (
              <a
                key={format}
                class="button"
                data-testid={`export-${format}`}
                href={`api/results/export?${filter}&format=${format}`}
                download
                aria-label={`${t("exportAs")} ${format.toUpperCase()}`}
              >
                {format === "csv" ? `${t("exportAs")} CSV` : format.toUpperCase()}
              </a>
            ))}
          </span>
        </span>
      </p>
      {list.value === null ? null : <ResultTable list={list.value} onOpen={(result) => (open.value = result)} />}
      {list.value === null || list.value.total <= PAGE ? null : (
        <p class="row">
          <button type="button" disabled={offset.value === 0} onClick={() => (offset.value -= PAGE)}>
            {t("previous")}
          </button>
          <span>
            {t("pageOf", {
              from: offset.value + 1,
              to: offset.value + list.value.results.length,
              total: list.value.total,
            })}
          </span>
          <button
            type="button"
            disabled={offset.value + PAGE >= list.value.total}
            onClick={() => {
              offset.value += PAGE;
            }}
          >
            {t("next")}
          </button>
        </p>
      )}
    </div>
  );
}

function FilterFields({ filters, onChange }: { filters: Filters; onChange(changes: Partial<Filters>): void }) {
  const text = (name: "query" | "from" | "to" | "minScore" | "maxScore", label: string, attributes: object) => (
    <label class="field">
      <span>{label}</span>
      <input
        {...attributes}
        value={filters[name]}
        data-testid={`filter-${name}`}
        onInput={(event) => {
          if (event.currentTarget.validity.valid) onChange({ [name]: event.currentTarget.value });
        }}
      />
    </label>
  );
  const score = { type: "number", min: 0, max: 1, step: "any", inputMode: "decimal" };
  return (
    <div class="filters">
      {text("query", t("search"), { type: "search", maxLength: 200 })}
      <ProductChooser value={filters.product} onChoose={(product) => onChange({ product })} none={t("all")} />
      <ModelChooser value={filters.model} onChoose={(model) => onChange({ model })} none={t("all")} />
      <label class="field">
        <span>{t("verdict")}</span>
        <select
          value={filters.verdict ?? ""}
          data-testid="filter-verdict"
          onChange={(event) => onChange({ verdict: event.currentTarget.value || null })}
        >
          <option value="">{t("all")}</option>
          <option value="abnormal">{t("abnormal")}</option>
          <option value="normal">{t("normal")}</option>
        </select>
      </label>
      {text("from", t("from"), { type: "date" })}
      {text("to", t("to"), { type: "date" })}
      {text("minScore", t("minScore"), score)}
      {text("maxScore", t("maxScore"), score)}
    </div>
  );
}

function ResultTable({ list, onOpen }: { list: ResultList; onOpen(result: ShownResult): void }) {
  if (list.results.length === 0) return <p class="soft">{t("noResults")}</p>;
  return (
    <div class="scroll">
      <table class="history">
        <thead>
          <tr>
            <th />
            <th>{t("search")}</th>
            <th>{t("verdict")}</th>
            <th class="number">{t("score")}</th>
            <th class="number">{t("threshold")}</th>
            <th>{t("product")}</th>
            <th>{t("model")}</th>
            <th>{t("looked")}</th>
          </tr>
        </thead>
        <tbody>
          {(list.results as ShownResult[]).map((result) => (
            <tr key={result.id} data-testid="history-row" onClick={() => onOpen(result)}>
              <td>
                <img src={resultFile(result.id, "overlay-thumbnail.jpg")} alt="" loading="lazy" />
              </td>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  onClick={(event) => {
                    event.stopPropagation();
                    onOpen(result);
                  }}
                >
                  {result.image}
                </button>
              </th>
              <td>
                <Verdict verdict={result.verdict} />
              </td>
              <td class="number">{scoreText(result.score)}</td>
              <td class="number">{scoreText(result.threshold)}</td>
              <td>{result.product ?? "–"}</td>
              <td>{result.model}</td>
              <td>{timeText(result.created)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The instant at which a local day begins, so many days later; null without a day. */
function dayStart(day: string, later: number): string | null {
  if (day === "") return null;
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const start = new Date(year, month - 1, date + later);
  // The end is the last millisecond of the day.
  return Number.isNaN(start.getTime()) ? null : new Date(start.getTime() - later).toISOString();
}
