/** The words of prompts: what is said of a normal and of an abnormal object, and which object. */

import { AnomalyClipError } from "../errors.ts";

/** The words after the context tokens; `{}` is the object's name. */
export interface PromptTemplates {
  /** Default: `{}`. Of several, features are averaged. */
  normal: readonly string[];
  /** Default: `damaged {}`. Of several, features are averaged. */
  abnormal: readonly string[];
  /**
   * What fills `{}`. Default: `object`, which makes the prompts object-agnostic. Null: the name of the thing looked at
   * (object-aware prompts).
   */
  object: string | null;
}

export const OBJECT_AGNOSTIC: PromptTemplates = { normal: ["{}"], abnormal: ["damaged {}"], object: "object" };

/** The entry of a prompt file's metadata that holds templates as JSON. */
export const TEMPLATES_KEY = "templates";

/** No template is longer than a text encoder reads, and no state needs more of them. */
const MAX_LENGTH = 300;
const MAX_TEMPLATES = 100;

/**
 * The templates that prompts were learned with; those of the paper where their file does not say.
 *
 * @throws AnomalyClipError E_PROMPTS for metadata that is not what it should be
 */
export function readTemplates(metadata: Readonly<Record<string, string>>): PromptTemplates {
  const text = metadata[TEMPLATES_KEY];
  if (text === undefined) {
    return OBJECT_AGNOSTIC;
  }
  let parsed: Partial<PromptTemplates>;
  try {
    parsed = Object(JSON.parse(text));
  } catch (cause) {
    throw new AnomalyClipError("E_PROMPTS", "the prompt file's templates are not JSON: write the file anew", { cause });
  }
  const { normal, abnormal, object } = parsed;
  const isList = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((template) => typeof template === "string");
  if (!isList(normal) || !isList(abnormal) || (typeof object !== "string" && object !== null)) {
    throw new AnomalyClipError("E_PROMPTS", "the prompt file's templates are malformed: write the file anew");
  }
  const templates = { normal, abnormal, object };
  checkTemplates(templates, "E_PROMPTS");
  return templates;
}

/** @throws AnomalyClipError with `code` where a template is empty, too long, or names no object */
export function checkTemplates(
  { normal, abnormal, object }: PromptTemplates,
  code: "E_CONFIG" | "E_PROMPTS" = "E_CONFIG",
): void {
  for (const [state, list] of [["normal", normal] as const, ["abnormal", abnormal] as const]) {
    if (list.length === 0 || list.length > MAX_TEMPLATES) {
      throw new AnomalyClipError(code, `there must be 1 to ${MAX_TEMPLATES} ${state} templates, not ${list.length}`);
    }
    for (const template of list) {
      if (!template.includes("{}") || template.length > MAX_LENGTH) {
        throw new AnomalyClipError(
          code,
          `${state} template "${template.slice(0, 60)}": it must have {} where the object's name goes, and at most ${MAX_LENGTH} characters`,
        );
      }
    }
  }
  if (object !== null && (object.trim() === "" || object.length > MAX_LENGTH)) {
    throw new AnomalyClipError(code, `the object's name must have 1 to ${MAX_LENGTH} characters`);
  }
}
