import { MantineProvider } from "@mantine/core";
import i18next from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { initReactI18next } from "react-i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { messages } from "../../../locales/en";
import { body, cut, harmless, head } from "./harmless";
import { Markdown } from "./Markdown";

beforeAll(async () => {
  await i18next.use(initReactI18next).init({ lng: "en", resources: { en: { translation: messages } } });
});

const html = (text: string) =>
  renderToStaticMarkup(
    <MantineProvider env="test" withCssVariables={false} withGlobalClasses={false}>
      <Markdown text={text} />
    </MantineProvider>,
  );

describe("a card", () => {
  it("is drawn with headings below those of the page, tables, lists and links that tell nothing", () => {
    const page = html(
      "# Title\n\n- one\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[paper](https://example.org/p)",
    );
    expect(page).toContain("<h3>Title</h3>");
    expect(page).toContain("<li>one</li>");
    expect(page).toContain("<td>1</td>");
    expect(page).toContain('href="https://example.org/p"');
    expect(page).toContain('rel="noopener noreferrer nofollow"');
  });

  it.each([
    "<script>alert(1)</script>",
    '<img src="https://evil.example/x.png" onerror="alert(1)">',
    "![see](https://evil.example/track.png)",
    "![see](//evil.example/track.png)",
    "[run](javascript:alert(1))",
    "[run](JaVaScRiPt:alert(1))",
    "[run](&#106;avascript:alert(1))",
    "[run](java\tscript:alert(1))",
    "[run](data:text/html;base64,PHNjcmlwdD4=)",
    "[run](vbscript:x)",
    "[admin](/admin)",
    "[other](//evil.example)",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<svg onload=alert(1)>",
    "<style>body{display:none}</style>",
    "<form action='https://evil.example'><input name=password></form>",
    "<object data='https://evil.example'></object>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "[ref]\n\n[ref]: javascript:alert(1)",
    "![a][ref]\n\n[ref]: https://evil.example/x.svg",
    "<div id='root' class='mantine-Modal-root' style='position:fixed'>log in again</div>",
    '<https://evil.example/" onclick=alert(1)>',
    "`<script>`\n\n```html\n<script>alert(1)</script>\n```",
  ])("does no harm with %j", (trap) => {
    const page = html(trap);
    expect(page).not.toMatch(/<(script|img|iframe|svg|style|form|input|object|link|meta|base)\b/i);
    expect(page).not.toMatch(/<[^>]*\s(on\w+|src|action|srcset)=/i);
    expect(page).not.toMatch(/href="(?!https?:|mailto:)/i);
    expect(page).not.toContain('id="root"');
  });

  it("names a picture instead of fetching it", () => {
    expect(html("![A chart](https://evil.example/x.png)")).toContain("A chart");
  });

  it.each([
    ["quotes in quotes", ">".repeat(5000)],
    ["brackets", "[".repeat(50_000)],
    ["lists in lists", "- ".repeat(3000)],
    ["emphasis", "*a_".repeat(15_000)],
    ["backticks", "`".repeat(50_000)],
    ["a wide table", `|${"a|".repeat(400)}\n|${"-|".repeat(400)}\n${`|${"b|".repeat(400)}\n`.repeat(20)}`],
    [
      "a table of almost too many cells",
      `|${"a|".repeat(39)}\n|${"-|".repeat(39)}\n${`|${"b|".repeat(39)}\n`.repeat(36)}`,
    ],
    ["a long table", `|${"a|".repeat(70)}\n|${"-|".repeat(70)}\n${`|${"b|".repeat(70)}\n`.repeat(400)}`],
    ["a megabyte", "word ".repeat(200_000)],
  ])("full of %s is drawn in good time", (_what, trap) => {
    const start = performance.now();
    html(trap);
    expect(performance.now() - start).toBeLessThan(4000);
  });
});

describe("addresses", () => {
  it.each(["https://example.org/a", "http://example.org", "mailto:a@example.org"])(
    "%s may be followed",
    (url) => {
      expect(harmless(url)).toBe(url);
    },
  );
});

describe("a long card", () => {
  it("is cut at the end of a line, and the rest is kept as text", () => {
    const { shown, rest } = cut("a line\n".repeat(20_000));
    expect(shown.length).toBeLessThanOrEqual(60_000);
    expect(shown.endsWith("a line")).toBe(true);
    expect(rest).not.toBe("");
    expect(cut("short")).toEqual({ shown: "short", rest: "" });
  });
});

describe("the head of a card", () => {
  const README = '---\nlicense: apache-2.0\nbase_model: "platform/base@1"\ntags:\n- legal\n---\n# Hello\n';

  it("is taken off the text", () => {
    expect(body(README)).toBe("# Hello\n");
    expect(body("# No head")).toBe("# No head");
  });

  it("gives single values", () => {
    expect(head(README)).toEqual({ license: "apache-2.0", base_model: "platform/base@1" });
    expect(head("no head")).toEqual({});
  });
});
