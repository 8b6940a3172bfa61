import { expect, it } from "vitest";
import { CURRENCY, currencySign } from "./currency";
import { createFormats } from "./formats";

it("has one short sign, the same beside a field as in a sum", () => {
  for (const language of ["en", "zh-CN"]) {
    expect(currencySign(language)).toBe("¥");
    expect(createFormats(language, "UTC").money(1_000_000, CURRENCY)).toContain(currencySign(language));
  }
});
