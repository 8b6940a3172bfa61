import { Autocomplete, Button, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, ok } from "../../../api/client";
import { useMay } from "../../../api/session";
import { useAct } from "../../../api/useAct";
import { DataTable } from "../../../components/DataTable";
import { ErrorBox } from "../../../components/ErrorBox";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { currencySign } from "../../../lib/currency";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";

const MICRO = 1_000_000;
/** A chip's price is kept for a million milliseconds; people say it for an hour. */
const HOUR = 3.6;
const SKUS = ["tokens.prompt", "tokens.cached", "tokens.completion", "time.cpu", "time.chip"];

const pricesQuery = queryOptions({
  queryKey: ["prices"],
  queryFn: () => ok(client.GET("/api/v1/usage/prices")),
});

const perUnit = (sku: string, micro: number) => (micro / MICRO) * (sku.startsWith("time.") ? HOUR : 1);
const microOf = (sku: string, price: number) =>
  Math.round((price * MICRO) / (sku.startsWith("time.") ? HOUR : 1));

/** The price book with its history: what was used is billed at the price of its moment. */
export function PricesPage(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const may = useMay()("people.manage");
  const book = useQuery(pricesQuery);
  const unit = (sku: string) => t(sku.startsWith("time.") ? "prices.perHour" : "prices.perMillion");
  return (
    <Stack>
      <PageHeader title={t("prices.prices")} term={t("prices.pricesTerm")} description={t("prices.hint")} />
      {may && (
        <Section title={t("prices.new")}>
          <NewPrice />
        </Section>
      )}
      <QueryView query={book}>
        {({ items, currency }) => (
          <DataTable
            caption={t("prices.prices")}
            rows={items.map((each, place) => ({ ...each, place }))}
            rowKey={({ place }) => place}
            columns={[
              { key: "sku", header: t("prices.what"), render: ({ sku }) => label("sku", sku) },
              {
                key: "price",
                header: t("prices.price"),
                numeric: true,
                render: ({ sku, per_million_micro }) =>
                  `${formats.money(perUnit(sku, per_million_micro) * MICRO, currency)} ${unit(sku)}`,
              },
              {
                key: "from",
                header: t("prices.from"),
                render: ({ valid_from }) => (valid_from ? formats.date(valid_from) : t("prices.default")),
              },
              {
                key: "now",
                header: t("prices.counts"),
                render: ({ present }) => t(present ? "prices.now" : "prices.notNow"),
              },
            ]}
          />
        )}
      </QueryView>
    </Stack>
  );
}

function NewPrice() {
  const { t, i18n } = useTranslation();
  const label = useLabels();
  const [sku, setSku] = useState("tokens.prompt");
  const [price, setPrice] = useState<number | string>("");
  const [from, setFrom] = useState("");
  const set = useAct({
    run: () =>
      ok(
        client.POST("/api/v1/usage/prices", {
          body: {
            sku,
            per_million_micro: microOf(sku, Number(price)),
            valid_from: from ? new Date(from).toISOString() : null,
          },
        }),
      ),
    touches: [["prices"], ["usage"], ["bill"]],
    done: t("prices.set"),
    showsError: true,
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    set.mutate(undefined);
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        {set.isError && <ErrorBox error={set.error} />}
        <Group align="flex-end">
          <Autocomplete
            label={t("prices.what")}
            description={label("sku", sku, "")}
            data={[...SKUS]}
            value={sku}
            onChange={(value) => setSku(value.trim())}
            required
          />
          <NumberInput
            label={t(sku.startsWith("time.") ? "prices.pricePerHour" : "prices.pricePerMillion")}
            leftSection={<span aria-hidden>{currencySign(i18n.language)}</span>}
            value={price}
            onChange={setPrice}
            min={0}
            max={1_000_000}
            decimalScale={6}
            hideControls
            required
          />
          <TextInput
            type="datetime-local"
            label={t("prices.fromWhen")}
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <Button type="submit" loading={set.isPending}>
            {t("prices.setPrice")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
