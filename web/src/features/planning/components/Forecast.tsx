import { Alert, List, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PlanForecast } from "../../../api/types";
import { useSaid } from "../../../components/studio/useSaid";
import { CURRENCY } from "../../../lib/currency";
import { useFormats } from "../../../lib/useFormats";

/** What a plan would take, stage by stage, and what is not known before its stages are made. */
export function Forecast({ forecast }: { forecast: PlanForecast }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const ofTraining = useSaid("training");
  const ofMentoring = useSaid("mentoring");
  const said = forecast.stages.flatMap(({ name, kind, findings }) =>
    findings.filter(({ level }) => level !== "ok").map((finding) => ({ name, kind, ...finding })),
  );
  return (
    <Stack gap="xs" role="status">
      <Table.ScrollContainer minWidth={420}>
        <Table aria-label={t("plans.forecast")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("plans.forecastStage")}</Table.Th>
              <Table.Th scope="col">{t("plans.forecastTime")}</Table.Th>
              <Table.Th scope="col">{t("plans.forecastMoney")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {forecast.stages.map(({ name, shared, estimate }) => (
              <Table.Tr key={name}>
                <Table.Td>{name}</Table.Td>
                {estimate ? (
                  <>
                    <Table.Td>{formats.duration(estimate.seconds)}</Table.Td>
                    <Table.Td>{formats.money(estimate.micro, CURRENCY)}</Table.Td>
                  </>
                ) : (
                  <Table.Td colSpan={2}>{shared ? t("plans.isShared") : t("plans.notKnownYet")}</Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th scope="row">{t("plans.sumOfKnown")}</Table.Th>
              <Table.Td>{formats.duration(forecast.seconds)}</Table.Td>
              <Table.Td>{formats.money(forecast.micro, CURRENCY)}</Table.Td>
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      </Table.ScrollContainer>
      {forecast.unknown > 0 && (
        <Text size="sm" c="dimmed">
          {t("plans.unknownStages", { number: forecast.unknown })}
        </Text>
      )}
      {said.length > 0 && (
        <Alert
          color={said.some(({ level }) => level === "stop") ? "red" : "yellow"}
          title={t("studio.findings")}
        >
          <List size="sm">
            {said.map(({ name, kind, code, message, params }) => (
              <List.Item key={`${name} ${code}`}>
                {`${name}: ${(kind === "mentor" ? ofMentoring : ofTraining)("finding", code, message, params)}`}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}
