import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import i18next from "i18next";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { expect, it, vi } from "vitest";
import { departmentsQuery } from "../../api/departments";
import { useMay } from "../../api/session";
import { messages } from "../../locales/en";
import { StartHere } from "./StartHere";

vi.mock("../../api/session", () => ({ useMay: vi.fn(), useMe: vi.fn() }));
// Links want a router, which this does not.
vi.mock("../../components/Links", () => ({
  ButtonLink: ({ to, children }: { to: string; children: ReactNode }) => <a href={to}>{children}</a>,
}));

async function shown(departments: { key: string }[], opensDepartments: boolean): Promise<string> {
  vi.mocked(useMay).mockReturnValue(() => opensDepartments);
  const client = new QueryClient();
  client.setQueryData<unknown>(departmentsQuery.queryKey, { items: departments });
  const i18n = i18next.createInstance();
  await i18n.init({ lng: "en", resources: { en: { translation: messages } } });
  return renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <MantineProvider env="test" withCssVariables={false} withGlobalClasses={false}>
          <StartHere />
        </MantineProvider>
      </QueryClientProvider>
    </I18nextProvider>,
  );
}

it("an empty house leads who may to the first department", async () => {
  expect(await shown([], true)).toMatch(/<a href="\/people">Open a department/);
});

it("an empty house tells others whom to ask", async () => {
  const page = await shown([], false);
  expect(page).toContain("Ask an administrator");
  expect(page).not.toContain("<a ");
});

it("a house with a department has begun", async () => {
  expect(await shown([{ key: "support" }], true)).toBe("");
});
