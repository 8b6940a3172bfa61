import { Alert, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle, IconLock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { QualityReport } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { Bars } from "./Bars";

const LOOKS = {
  stop: [IconLock, "red"],
  warning: [IconAlertTriangle, "orange"],
  note: [IconInfoCircle, "blue"],
  ok: [IconInfoCircle, "teal"],
} as const;

/** A quality report in numbers: remarks first, then every split. */
export function Report({ report }: { report: QualityReport }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Stack>
      {report.remarks.map((remark) => {
        const [Mark, color] = LOOKS[remark.level];
        return (
          <Alert key={`${remark.code}${remark.message}`} color={color} icon={<Mark aria-hidden />} p="xs">
            {t(`datasets.remarks.${remark.code}`, { ...remark.params, defaultValue: remark.message })}
          </Alert>
        );
      })}
      {report.remarks.length === 0 && <Text size="sm">{t("datasets.nothingFound")}</Text>}
      <Text size="sm" c="dimmed">
        {t("datasets.heldAgainst", {
          number: formats.number(report.exams.length),
          near: formats.number(report.duplicates.examined),
        })}
      </Text>
      {Object.entries(report.splits).map(([name, split]) => (
        <Section key={name} title={name} term={t(`datasets.formats.${split.format}`, split.format)}>
          <Text size="sm">
            {t("datasets.lengths", {
              items: formats.number(split.items),
              shortest: formats.number(split.shortest),
              median: formats.number(split.median),
              longest: formats.number(split.longest),
            })}
          </Text>
          <Group align="flex-start" gap="xl">
            <Bars
              title={t("datasets.lengthMix")}
              name={t("datasets.characters")}
              rows={split.lengths.map((bar) => [`≤ ${formats.number(bar.up_to)}`, bar.items])}
            />
            <Bars
              title={t("datasets.languageMix")}
              name={t("datasets.language")}
              rows={Object.entries(split.languages).map(([code, count]) => [
                code === "und" ? t("datasets.languageUnknown") : formats.language(code),
                count,
              ])}
            />
            {report.labels[name] && (
              <Bars
                title={t("datasets.labelMix", { number: formats.number(report.labels[name].distinct) })}
                name={t("datasets.label")}
                rows={Object.entries(report.labels[name].labels).slice(0, 12)}
              />
            )}
          </Group>
          {report.personal[name] && (
            <Text size="sm">
              {t("datasets.personalFound")}{" "}
              {Object.entries(report.personal[name])
                .map(([kind, count]) => `${t(`datasets.personal.${kind}`, kind)}: ${formats.number(count)}`)
                .join(" · ")}
            </Text>
          )}
        </Section>
      ))}
      {report.coverage.length > 0 && (
        <Section title={t("datasets.coverage")}>
          <DataTable
            caption={t("datasets.coverage")}
            rows={report.coverage}
            rowKey={(row) => `${row.exam} ${row.split}`}
            columns={[
              { key: "exam", header: t("datasets.exam"), render: (row) => row.exam },
              { key: "split", header: t("datasets.split"), render: (row) => row.split },
              {
                key: "covered",
                header: t("datasets.covered"),
                render: (row) => `${formats.number(row.covered)} / ${formats.number(row.categories)}`,
              },
              {
                key: "missing",
                header: t("datasets.missing"),
                render: (row) => row.missing.join(", ") || "–",
              },
            ]}
          />
        </Section>
      )}
    </Stack>
  );
}
