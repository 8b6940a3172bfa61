import { Button, Group, Kbd, List, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import { DataTable } from "../../components/DataTable";
import { PageLink } from "../../components/Links";
import { PageHeader } from "../../components/PageHeader";
import { Section } from "../../components/Section";
import { placesFor } from "../shell/places";
import { goTo } from "../tour/state";

interface Key {
  keys: string[];
  does: string;
}

/** The tour once more, every key, and where programs find their way in. */
export function HelpPage(): ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const general: Key[] = [
    { keys: ["Ctrl", "K"], does: t("shell.palette") },
    { keys: ["?"], does: t("help.thisPage") },
    { keys: ["/"], does: t("help.search") },
    { keys: ["j"], does: t("help.down") },
    { keys: ["k"], does: t("help.up") },
    { keys: ["g", "h"], does: t("shell.pages.home") },
  ];
  const places = placesFor(may).flatMap((place): Key[] =>
    "key" in place ? [{ keys: ["g", place.key], does: t(`shell.pages.${place.name}`) }] : [],
  );
  return (
    <Stack>
      <PageHeader title={t("help.title")} term={t("help.term")} description={t("help.hint")} />
      <Section title={t("tour.title")}>
        <Text size="sm">{t("tour.offer")}</Text>
        <Group>
          <Button onClick={() => goTo(0)}>{t("tour.start")}</Button>
        </Group>
      </Section>
      <Section title={t("help.keys")} term={t("help.keysTerm")}>
        <DataTable
          caption={t("help.keys")}
          rows={[...general, ...places]}
          rowKey={({ keys }) => keys.join(" ")}
          columns={[
            { key: "does", header: t("help.does"), render: ({ does }) => does },
            {
              key: "keys",
              header: t("help.press"),
              render: ({ keys }) => (
                <Group gap={4}>
                  {keys.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </Group>
              ),
            },
          ]}
        />
      </Section>
      <Section title={t("help.programs")} term="API">
        <List size="sm">
          <List.Item>
            <a href="/api/v1/openapi.json">OpenAPI 3.1</a>
          </List.Item>
          <List.Item>
            <code>aird --help</code>
          </List.Item>
          <List.Item>
            <PageLink to="/account">{t("help.tokens")}</PageLink>
          </List.Item>
        </List>
      </Section>
    </Stack>
  );
}
