import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import i18next from "i18next";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { GroupedSkills, SkillsMatrix } from "../../../api/types";
import { messages } from "../../../locales/en";
import { groupedQuery } from "./api";
import { GroupedMatrix } from "./GroupedMatrix";
import { Matrix } from "./Matrix";

// Links want a router, which these tables do not.
vi.mock("../../../components/Links", () => ({
  VersionLink: ({ value, title }: { value: string; title: string }) => (
    <a href="/" title={value}>
      {title}
    </a>
  ),
  ButtonLink: ({ children }: { children: ReactNode }) => <a href="/">{children}</a>,
}));
afterEach(() => vi.unstubAllGlobals());

const LAPTOP = 1280;
const PHONE = 390;
const SCORE = { score: 0.938, low: 0.9, high: 0.96, items: 120, metric: "exact_match" };
const MATRIX = {
  suites: ["support/mail"],
  next: null,
  rows: [
    { ref: "support/desk@1", title: "Support desk", state: "approved", cells: { "support/mail": SCORE } },
  ],
} as unknown as SkillsMatrix;
const GROUPED = {
  groups: [{ key: "safety", slot: "safety", skill: null, suites: 2 }],
  next: null,
  rows: [
    {
      ref: "support/desk@1",
      title: "Support desk",
      state: "approved",
      cells: { safety: { ...SCORE, exams: 2, worst: "support/mail", worst_score: 0.9 } },
    },
  ],
} as unknown as GroupedSkills;

/** The page as a window of this width shows it at first. */
async function shown(width: number, page: ReactNode, client = new QueryClient()): Promise<string> {
  vi.stubGlobal("window", {
    matchMedia: (query: string) => ({
      matches: width <= 16 * Number(/\(max-width: (\d+)em\)/.exec(query)?.[1]),
    }),
  });
  const i18n = i18next.createInstance();
  await i18n.init({
    lng: "en",
    resources: { en: { translation: messages } },
    interpolation: { escapeValue: false },
  });
  return renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <MantineProvider env="test" withCssVariables={false} withGlobalClasses={false}>
          {page}
        </MantineProvider>
      </QueryClientProvider>
    </I18nextProvider>,
  );
}

const byExam = (width: number) =>
  shown(
    width,
    <Matrix
      query={{
        data: { pages: [MATRIX] },
        error: null,
        refetch: vi.fn(),
        hasNextPage: false,
        isFetchingNextPage: false,
        fetchNextPage: vi.fn(),
      }}
      suites={["support/mail"]}
      compare={() => "compare"}
    />,
  );

function bySlot(width: number) {
  const client = new QueryClient();
  const { queryKey } = groupedQuery("slot", { department: undefined, every: false });
  client.setQueryData(queryKey, { pages: [GROUPED], pageParams: [undefined] });
  return shown(width, <GroupedMatrix by="slot" department={undefined} every={false} />, client);
}

describe.each([
  ["by exam", byExam, "support/mail"],
  ["by slot", bySlot, "Safety"],
])("the matrix %s", (_, page, column) => {
  it("is a card for each version on a phone, and each score says whose it is", async () => {
    const found = await page(PHONE);
    expect(found).toMatch(/<table[^>]*class="[^"]*stacked/);
    expect(found).toMatch(new RegExp(`<td[^>]*data-label="${column}"[^>]*><div>.*93\\.8%`));
  });

  it("is a table that scrolls on a laptop", async () => {
    const found = await page(LAPTOP);
    expect(found).toContain("<table");
    expect(found).not.toContain("stacked");
    expect(found).toContain("Support desk");
    expect(found).toContain("93.8%");
  });
});
