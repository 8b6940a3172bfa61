import type { TFunction } from "i18next";
import type { RolloutDetail } from "../../../api/types";
import type { Formats } from "../../../lib/formats";

/** Thousandths of the traffic as people read them. */
export function shareOf(formats: Formats, weight: number): string {
  return formats.percent(weight / 1000);
}

/** What the verdict says, in the reader's language. */
export function verdictText(t: TFunction, formats: Formats, rollout: RolloutDetail): string {
  const { params, why } = rollout;
  const share = (name: string) => {
    const value = params[name];
    return typeof value === "number" ? formats.percent(value) : "";
  };
  const count = (name: string) => {
    const value = params[name];
    return typeof value === "number" ? formats.number(value) : "";
  };
  const signal = rollout.readings.find((each) => each.signal === params.signal)?.signal;
  return t(`delivery.why.${why}`, {
    signal: signal ? t(`delivery.signal.${signal}`) : "",
    candidate: share("candidate"),
    baseline: share("baseline"),
    excess: share("excess"),
    fresh: count("fresh"),
    least: count("least"),
  });
}

/** "1, 10, 50" as thousandths; null when it does not go up from above 0 to at most 100. */
export function readSteps(text: string): number[] | null {
  const steps = text
    .split(/[,;，、\s]+/)
    .filter(Boolean)
    .map((part) => Math.round(Number(part.replace("%", "")) * 10));
  const goesUp = steps.every((step, index) => step >= 1 && step <= 1000 && step > (steps[index - 1] ?? 0));
  return steps.length > 0 && goesUp && steps[0] !== 1000 ? steps : null;
}
