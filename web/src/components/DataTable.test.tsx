import { MantineProvider } from "@mantine/core";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { DataTable } from "./DataTable";

const html = (wide: boolean) =>
  renderToStaticMarkup(
    <MantineProvider env="test" withCssVariables={false} withGlobalClasses={false}>
      <DataTable
        caption="Skills"
        columns={[
          { key: "ref", header: "Version", render: (row) => row.ref },
          { key: "mail", header: "support/mail", numeric: true, render: (row) => row.mail },
        ]}
        rows={[{ ref: "support/desk@1", mail: "93.8%" }]}
        rowKey={(row) => row.ref}
        wide={wide}
      />
    </MantineProvider>,
  );

it("is stacked on a phone: each cell knows its column, and it stays a table to a screen reader", () => {
  const page = html(false);
  expect(page).toMatch(/<table[^>]*class="[^"]*stacked/);
  expect(page).toMatch(/<td[^>]*role="cell"[^>]*data-label="support\/mail"[^>]*><div>93\.8%/);
  expect(page).toMatch(/<th[^>]*role="rowheader"[^>]*data-label="Version"/);
  expect(page).toMatch(/<table[^>]*role="table"/);
});

it("scrolls where it is said to be wide", () => {
  const page = html(true);
  expect(page).not.toContain("stacked");
  expect(page).toMatch(/<div class="[^"]*scroll/);
});
