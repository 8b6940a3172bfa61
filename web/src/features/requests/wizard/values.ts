import type { Request } from "../../../api/types";
import type { NewRequest } from "../api";
import type { DATA_CLASSES } from "../states";

export interface Example {
  question: string;
  answer: string;
}

/** The first step as it stands in its fields; an empty number is "". Money in whole units, the floor in percent. */
export interface Values {
  department: string | null;
  title: string;
  need: string;
  examples: Example[];
  users: number | "";
  volume: number | "";
  languages: string[];
  dataClass: (typeof DATA_CLASSES)[number];
  deadline: string;
  floor: number | "";
  once: number | "";
  monthly: number | "";
  today: number | "";
  present: string | null;
}

const MICRO = 1_000_000;
const units = (micro: number | null | undefined) => (micro == null ? "" : micro / MICRO);
const micro = (value: number | "") => (value === "" ? null : Math.round(value * MICRO));
const known = (value: number | "") => (value === "" ? null : value);

export const EMPTY: Example = { question: "", answer: "" };

export function valuesOf(
  request: Request | undefined,
  department: string | null,
  languages: string[],
): Values {
  return {
    department: request?.department ?? department,
    title: request?.title ?? "",
    need: request?.need ?? "",
    examples: request?.examples.length ? request.examples : [EMPTY, EMPTY, EMPTY],
    users: request?.users ?? "",
    volume: request?.volume_per_day ?? "",
    languages: request?.languages ?? languages,
    dataClass: request?.data_class ?? "internal",
    deadline: request?.deadline ?? "",
    floor: Math.round((request?.floor ?? 0.8) * 100),
    once: units(request?.budget_once_micro),
    monthly: units(request?.budget_month_micro),
    today: units(request?.today_micro),
    present: request?.present ?? null,
  };
}

/** Rows that nobody has written anything in are left out. */
export function written(examples: Example[]): Example[] {
  return examples.filter(({ question, answer }) => question.trim() !== "" || answer.trim() !== "");
}

export function bodyOf(values: Values): NewRequest {
  return {
    department: values.department ?? "",
    title: values.title.trim(),
    need: values.need.trim(),
    examples: written(values.examples),
    users: known(values.users),
    volume_per_day: known(values.volume),
    languages: values.languages,
    data_class: values.dataClass,
    deadline: values.deadline || null,
    floor: (values.floor === "" ? 80 : values.floor) / 100,
    budget_once_micro: micro(values.once),
    budget_month_micro: micro(values.monthly),
    today_micro: micro(values.today),
    present: values.present,
  } as NewRequest;
}
