import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";

/** What making the version cost, by itself and with all that it descends from. */
export function Compute({ compute }: { compute: Version["compute"] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rows = [
    { name: t("personnel.computeOwn"), cost: compute.own },
    { name: t("personnel.computeLineage"), cost: compute.lineage },
  ];
  if (compute.lineage.chip_seconds === 0 && compute.lineage.flop === 0) return null;
  return (
    <Section title={t("personnel.compute")} term={t("personnel.computeTerm")}>
      <DataTable
        caption={t("personnel.compute")}
        rows={rows}
        rowKey={(row) => row.name}
        columns={[
          { key: "what", header: t("personnel.computeOf"), render: (row) => row.name },
          {
            key: "chips",
            header: t("personnel.chipTime"),
            numeric: true,
            render: ({ cost }) => formats.duration(cost.chip_seconds),
          },
          {
            key: "flop",
            header: t("personnel.flop"),
            numeric: true,
            render: ({ cost }) => powers(cost.flop),
          },
          {
            key: "energy",
            header: t("personnel.energy"),
            numeric: true,
            render: ({ cost }) =>
              t("personnel.kilowattHours", { number: formats.measure(cost.watt_hours / 1000) }),
          },
        ]}
      />
      {compute.ratio_to_base !== null && (
        <Text size="sm" c="dimmed">
          {t("personnel.ratioToBase", { ratio: formats.percent(compute.ratio_to_base) })}
        </Text>
      )}
    </Section>
  );
}

/** 1.2 × 10¹⁵ reads better than fifteen zeros. */
function powers(value: number): string {
  if (value === 0) return "0";
  const [digits = "", exponent = "0"] = value.toExponential(1).split("e");
  const raised = [...String(Number(exponent))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? "⁻").join("");
  return `${digits} × 10${raised}`;
}
