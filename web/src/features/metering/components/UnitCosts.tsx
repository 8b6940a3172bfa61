import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { EndpointLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { unitCostsQuery } from "../api";

/** What a million tokens of each version cost by the chips that kept it ready; idle time stands apart. */
export function UnitCosts({ month, department }: { month: string | undefined; department?: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const query = useQuery(unitCostsQuery(month, department));
  return (
    <Section title={t("metering.unitCosts")} term={t("metering.unitCostsTerm")}>
      <QueryView query={query} lines={2}>
        {({ items, currency }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("metering.noUnitCosts")}
            </Text>
          ) : (
            <DataTable
              caption={t("metering.unitCosts")}
              rows={items}
              rowKey={(line) => `${line.endpoint} ${line.unit}`}
              columns={[
                {
                  key: "endpoint",
                  header: t("metering.endpoint"),
                  render: (line) => <EndpointLink value={line.endpoint} />,
                },
                {
                  key: "version",
                  header: t("metering.version"),
                  render: (line) =>
                    line.version ? <VersionLink value={line.version} /> : line.unit.slice(0, 19),
                },
                {
                  key: "held",
                  header: t("metering.held"),
                  numeric: true,
                  render: (line) => formats.duration(line.held_milliseconds / 1000),
                },
                {
                  key: "busy",
                  header: t("metering.busy"),
                  numeric: true,
                  render: (line) => formats.money(line.busy_micro, currency),
                },
                {
                  key: "idle",
                  header: t("metering.idle"),
                  numeric: true,
                  render: (line) => formats.money(line.idle_micro, currency),
                },
                {
                  key: "busyMillion",
                  header: t("metering.perMillionBusy"),
                  numeric: true,
                  render: (line) => formats.money(line.per_million_busy_micro, currency),
                },
                {
                  key: "million",
                  header: t("metering.perMillionWhole"),
                  numeric: true,
                  render: (line) => formats.money(line.per_million_micro, currency),
                },
              ]}
            />
          )
        }
      </QueryView>
    </Section>
  );
}
