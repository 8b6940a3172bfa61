/** The currency of the price book (aird/metering/prices.py): all sums are in it. */
export const CURRENCY = "CNY";

/** Its sign as a language writes it, for fields in which a sum is typed. */
export function currencySign(locale: string): string {
  const parts = new Intl.NumberFormat(locale, {
    style: "currency",
    currency: CURRENCY,
    currencyDisplay: "narrowSymbol",
  }).formatToParts(0);
  return parts.find(({ type }) => type === "currency")?.value ?? CURRENCY;
}
