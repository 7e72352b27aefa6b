/** Menus of what the service offers. */

import { models, products } from "./catalog.ts";
import { t } from "./i18n.ts";

interface ChooserProps {
  value: string | null;
  onChoose(value: string | null): void;
  /** What no choice means; null demands one. */
  none: string | null;
}

export function ProductChooser(props: ChooserProps) {
  return <Chooser {...props} label={t("product")} names={products.value.map(({ name }) => name)} />;
}

export function ModelChooser({ label = t("model"), ...props }: ChooserProps & { label?: string }) {
  return <Chooser {...props} label={label} names={models.value.map(({ name }) => name)} />;
}

function Chooser({ label, names, value, onChoose, none }: ChooserProps & { label: string; names: string[] }) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value ?? ""} onChange={(event) => onChoose(event.currentTarget.value || null)}>
        {none === null ? null : <option value="">{none}</option>}
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
