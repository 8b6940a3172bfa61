import { describe, expect, it } from "vitest";
import { createFormats, formatsOf } from "./formats";

const en = createFormats("en", "UTC");
const zh = createFormats("zh-CN", "UTC");

describe("formats", () => {
  it("shows money from micro-units in the person's language", () => {
    expect(en.money(12_340_000, "USD")).toBe("$12.34");
    expect(zh.money(12_340_000, "CNY")).toBe("¥12.34");
    expect(en.money(0, "USD")).toBe("$0.00");
  });

  it("does not round a few tokens down to free of charge", () => {
    expect(en.money(1_230, "USD")).toBe("$0.0012");
  });

  it("names a language, and leaves what is none as it is", () => {
    expect(en.language("zh")).toBe("Chinese");
    expect(zh.language("en")).toBe("英语");
    expect(en.language("xx-yy-zz")).toBe("xx-yy-zz");
    expect(en.language("klingon, mostly")).toBe("klingon, mostly");
  });

  it("shows scores as percentages and intervals as ranges", () => {
    expect(en.percent(0.9375)).toBe("93.8%");
    expect(en.interval(0.9, 0.961)).toBe("90%–96.1%");
    expect(en.interval(null, 0.9)).toBe("–");
  });

  it("shows differences with their sign, in percentage points", () => {
    expect(en.points(0.0351)).toBe("+3.5");
    expect(zh.points(-0.02)).toBe("-2");
    expect(en.points(0)).toBe("0");
    expect(en.pointsInterval(-0.02, 0.061)).toBe("-2 … +6.1");
    expect(en.pointsInterval(null, 0.1)).toBe("–");
  });

  it("shows large numbers short", () => {
    expect(en.short(1_234_567_890)).toBe("1.23B");
    expect(zh.short(120_000_000)).toBe("1.2亿");
  });

  it("shows bytes in the unit that fits", () => {
    expect(en.bytes(0)).toBe("0 bytes");
    expect(en.bytes(1_500_000)).toBe("1.5 MB");
  });

  it("shows durations in at most two units", () => {
    expect(en.duration(17.2)).toBe("17.2 sec");
    expect(en.duration(3_725)).toBe("1 hr 2 min");
    expect(en.duration(null)).toBe("–");
  });

  it("shows moments as people say them", () => {
    const now = Date.parse("2026-11-22T10:00:00Z");
    expect(en.ago("2026-11-22T09:58:00Z", now)).toBe("2 min. ago");
    expect(zh.ago("2026-11-21T10:00:00Z", now)).toBe("昨天");
    expect(en.date("2026-11-22T10:00:00Z")).toBe("Nov 22, 2026, 10:00 AM");
  });

  it("names a month in words", () => {
    expect(en.month("2026-11")).toBe("November 2026");
    expect(zh.month("2026-11")).toBe("2026年11月");
  });

  it("are made once for each language", () => {
    expect(formatsOf("zh-CN")).toBe(formatsOf("zh-CN"));
    expect(formatsOf("en")).not.toBe(formatsOf("zh-CN"));
  });
});
