/** The page: its views, and what stands around them. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, tokenNeeded } from "./api-client.ts";
import { info, loadCatalog } from "./catalog.ts";
import { LANGUAGES, type Language, language, t } from "./i18n.ts";
import { complain, Notices, reasonOf } from "./notices.tsx";
import { THEMES, type Theme, theme } from "./preferences.ts";
import { route, VIEWS, type ViewName } from "./route.ts";
import { CalibrateView } from "./views/calibrate.tsx";
import { CompareView } from "./views/compare.tsx";
import { HistoryView } from "./views/history.tsx";
import { InspectView } from "./views/inspect.tsx";
import { JobsView } from "./views/jobs.tsx";
import { RunsView } from "./views/runs.tsx";

const CONTENT: Record<ViewName, () => preact.JSX.Element> = {
  inspect: InspectView,
  calibrate: CalibrateView,
  history: HistoryView,
  compare: CompareView,
  jobs: JobsView,
  runs: RunsView,
};

export function App() {
  const { view } = route.value;
  useEffect(() => {
    document.documentElement.lang = language.value;
    document.documentElement.dataset.theme = theme.value;
    document.title = `${t(view)} · anomalyclip`;
  });
  const Content = CONTENT[view];
  return (
    <>
      <header class="top">
        <a class="brand" href="#inspect">
          <img src={new URL("./icon.svg", import.meta.url).href} alt="" width="24" height="24" />
          anomalyclip
        </a>
        <nav>
          {VIEWS.map((name) => (
            <a
              key={name}
              href={`#${name}`}
              data-testid={`nav-${name}`}
              aria-current={name === view ? "page" : undefined}
            >
              {t(name)}
            </a>
          ))}
        </nav>
        <Settings />
      </header>
      <Notices />
      <main>{tokenNeeded.value ? <TokenForm /> : <Content />}</main>
      {info.value === null ? null : <footer class="soft">anomalyclip {info.value.version}</footer>}
    </>
  );
}

function Settings() {
  const themes = { auto: t("themeAuto"), light: t("themeLight"), dark: t("themeDark") };
  return (
    <div class="settings">
      <select
        aria-label={t("theme")}
        title={t("theme")}
        value={theme.value}
        data-testid="theme"
        onChange={(event) => {
          theme.value = event.currentTarget.value as Theme;
        }}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {themes[name]}
          </option>
        ))}
      </select>
      <select
        aria-label={t("language")}
        title={t("language")}
        value={language.value}
        data-testid="language"
        onChange={(event) => {
          language.value = event.currentTarget.value as Language;
        }}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function TokenForm() {
  const token = useSignal("");
  const enter = async () => {
    try {
      await api.openSession(token.value.trim());
      await loadCatalog();
    } catch (error) {
      // Also a wrong token is an error to tell of here.
      complain(new Error(reasonOf(error)));
    }
  };
  return (
    <form
      class="card token"
      onSubmit={(event) => {
        event.preventDefault();
        void enter();
      }}
    >
      <h2>{t("tokenTitle")}</h2>
      <p class="soft">{t("tokenHelp")}</p>
      <label class="field">
        <span>{t("token")}</span>
        <input
          type="password"
          required
          autocomplete="current-password"
          data-testid="token"
          value={token.value}
          onInput={(event) => {
            token.value = event.currentTarget.value;
          }}
        />
      </label>
      <p class="row">
        <button type="submit" class="primary">
          {t("enter")}
        </button>
      </p>
    </form>
  );
}
