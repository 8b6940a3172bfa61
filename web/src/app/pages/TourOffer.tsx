import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deskQuery, useChangeDesk } from "../../features/notices/api";
import { goTo, useStep } from "../tour/state";

/** The tour, offered until it was taken or sent away; /help has it for good. */
export function TourOffer() {
  const { t } = useTranslation();
  const desk = useQuery(deskQuery);
  const change = useChangeDesk();
  const going = useStep() !== null;
  if (going || desk.data?.tour !== "offered") return null;
  return (
    <Paper withBorder p="md" component="section" aria-label={t("tour.title")}>
      <Group justify="space-between">
        <Stack gap={2} flex="1 1 20rem">
          <Title order={2} size="h4">
            {t("tour.title")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("tour.offer")}
          </Text>
        </Stack>
        <Group gap="xs">
          <Button variant="default" onClick={() => change.mutate({ tour: "done" })}>
            {t("tour.later")}
          </Button>
          <Button onClick={() => goTo(0)}>{t("tour.start")}</Button>
        </Group>
      </Group>
    </Paper>
  );
}
