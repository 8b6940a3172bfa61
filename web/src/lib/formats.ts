/** One function per kind of figure; everything that a person reads goes through here, in their language. */

const MICRO = 1_000_000;

export interface Formats {
  number(value: number | null | undefined): string;
  /** A large number in few characters: 1.2B. */
  short(value: number | null | undefined): string;
  percent(value: number | null | undefined): string;
  interval(low: number | null | undefined, high: number | null | undefined): string;
  /** A difference of two shares, with its sign, in percentage points: +3.5. */
  points(value: number | null | undefined): string;
  pointsInterval(low: number | null | undefined, high: number | null | undefined): string;
  bytes(value: number | null | undefined): string;
  money(micro: number | null | undefined, currency: string): string;
  date(iso: string | null | undefined): string;
  day(iso: string | null | undefined): string;
  month(key: string): string;
  ago(iso: string | null | undefined, now?: number): string;
  duration(seconds: number | null | undefined): string;
  measure(value: number): string;
  /** The name of a language by its code; what is no code is shown as it is. */
  language(code: string): string;
}

const NOTHING = "–";
const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const AGO_UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

const made = new Map<string, Formats>();

/** The formats of a locale, made once: to make them is dear, and every row of a table asks for them. */
export function formatsOf(locale: string): Formats {
  const known = made.get(locale) ?? createFormats(locale);
  made.set(locale, known);
  return known;
}

/** Formats for one locale; `timeZone` is for tests, people read their own. */
export function createFormats(locale: string, timeZone?: string): Formats {
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 3 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const points = new Intl.NumberFormat(locale, { maximumFractionDigits: 1, signDisplay: "exceptZero" });
  const measure = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone });
  const month = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long", timeZone: "UTC" });
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  const languages = new Intl.DisplayNames(locale, { type: "language" });
  const others = new Map<string, Intl.NumberFormat>();

  const numbers = (key: string, options: Intl.NumberFormatOptions) => {
    const known = others.get(key) ?? new Intl.NumberFormat(locale, options);
    others.set(key, known);
    return known;
  };
  const unit = (value: number, name: string, display: "short" | "long" = "short") =>
    numbers(name, { style: "unit", unit: name, unitDisplay: display, maximumFractionDigits: 1 }).format(
      value,
    );

  return {
    number: (value) => (value == null ? NOTHING : plain.format(value)),
    language: (code) => {
      try {
        return languages.of(code) ?? code;
      } catch {
        return code; // a model card may call anything a language
      }
    },
    short: (value) => (value == null ? NOTHING : short.format(value)),
    percent: (value) => (value == null ? NOTHING : percent.format(value)),
    interval: (low, high) =>
      low == null || high == null ? NOTHING : `${percent.format(low)}–${percent.format(high)}`,
    points: (value) => (value == null ? NOTHING : points.format(value * 100)),
    pointsInterval: (low, high) =>
      low == null || high == null ? NOTHING : `${points.format(low * 100)} … ${points.format(high * 100)}`,
    bytes: (value) => {
      if (value == null) return NOTHING;
      const step = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), BYTE_UNITS.length - 1);
      return unit(value / 1000 ** step, BYTE_UNITS[step] ?? "byte", step === 0 ? "long" : "short");
    },
    money: (micro, currency) => {
      if (micro == null) return NOTHING;
      const value = micro / MICRO;
      // Small sums keep two significant digits, so that a few tokens do not read as free of charge.
      const small = value !== 0 && Math.abs(value) < 0.01;
      return numbers(`${currency} ${small}`, {
        style: "currency",
        currency,
        currencyDisplay: "narrowSymbol",
        ...(small ? { maximumSignificantDigits: 2 } : {}),
      }).format(value);
    },
    date: (iso) => (iso ? date.format(new Date(iso)) : NOTHING),
    day: (iso) => (iso ? day.format(new Date(iso)) : NOTHING),
    month: (key) => month.format(new Date(`${key}-01T00:00:00Z`)),
    ago: (iso, now = Date.now()) => {
      if (!iso) return NOTHING;
      const seconds = (new Date(iso).getTime() - now) / 1000;
      for (const [name, size] of AGO_UNITS) {
        if (Math.abs(seconds) >= size || name === "second")
          return ago.format(Math.round(seconds / size), name);
      }
      return NOTHING;
    },
    duration: (seconds) => {
      if (seconds == null) return NOTHING;
      if (seconds < 60) return unit(seconds, "second");
      const hours = Math.floor(seconds / 3600);
      const minutes = Math.floor((seconds % 3600) / 60);
      if (hours > 0) return `${unit(hours, "hour")} ${unit(minutes, "minute")}`;
      return `${unit(minutes, "minute")} ${unit(Math.round(seconds % 60), "second")}`;
    },
    measure: (value) => measure.format(value),
  };
}
