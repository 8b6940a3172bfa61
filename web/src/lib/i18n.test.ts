import { describe, expect, it } from "vitest";
import { LOOKS } from "../components/StateBadge";
import { messages as en } from "../locales/en";
import { messages as zh } from "../locales/zh-CN";
import { sentences, texts } from "../locales/zh-CN/refusals";
import { preferredLanguage } from "./i18n";

/** Every message by its whole key. */
function flatten(tree: object, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set(prefix + name, value);
    else for (const [key, text] of flatten(value, `${prefix}${name}.`)) found.set(key, text);
  }
  return found;
}

const english = flatten({ ...en, refusals: sentences });
const chinese = flatten({ ...zh, refusals: texts });
const variables = (text = "") => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1]).sort();

describe("messages", () => {
  it("exist in both languages", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("have keys of their own among what the server says, which is one list", () => {
    expect(Object.keys(sentences).filter((key) => key in en.said)).toEqual([]);
  });

  it("are never empty", () => {
    const empty = [...english, ...chinese].filter(([, text]) => text.trim() === "");
    expect(empty).toEqual([]);
  });

  it("name the same variables in both languages", () => {
    const differing = [...english.keys()].filter(
      (key) => variables(english.get(key)).join() !== variables(chinese.get(key)).join(),
    );
    expect(differing).toEqual([]);
  });

  it("are translated: Chinese text contains Chinese, but for names", () => {
    const words = (text: string) => text.replaceAll(/\{\{\w+\}\}/g, "");
    const untouched = [...chinese].filter(
      ([, text]) => /\p{L}/u.test(words(text)) && !/\p{Script=Han}/u.test(text),
    );
    const names = [
      "Python",
      "Alpaca",
      "ShareGPT",
      "IBAN",
      "F1",
      "CPU",
      "vLLM",
      "{{interval}}，n = {{items}}",
    ];
    expect(untouched.filter(([, text]) => !names.includes(text))).toEqual([]);
  });

  it("address the reader in Chinese in one way, politely", () => {
    expect([...chinese].filter(([, text]) => text.includes("你"))).toEqual([]);
    expect(chinese.get("home.hello")).toContain("您");
  });

  it("have a word for each state that has a look", () => {
    const states = Object.entries(LOOKS).flatMap(([subject, looks]) =>
      Object.keys(looks).map((state) => `state.${subject}.${state}`),
    );
    expect(states.filter((key) => !english.has(key))).toEqual([]);
  });
});

describe("the language", () => {
  it("is the one chosen before", () => {
    expect(preferredLanguage("zh-CN", ["en"])).toBe("zh-CN");
  });

  it("is else the first of the browser's that we speak", () => {
    expect(preferredLanguage(null, ["fr", "zh-TW", "en"])).toBe("zh-CN");
    expect(preferredLanguage("fr", ["fr", "en-GB"])).toBe("en");
  });
});
