import { AppShell, ScrollArea, Stack, Text } from "@mantine/core";
import { IconHome } from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import { SideLink } from "../../components/Links";
import { GROUPS, type Place } from "./places";

/** Links to the pages that this person may open. */
export function Navigation() {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <AppShell.Section grow component={ScrollArea} type="auto" scrollbarSize={6} offsetScrollbars="y">
      <SideLink
        to="/"
        label={t("shell.pages.home")}
        leftSection={<IconHome size={18} aria-hidden />}
        activeOptions={{ exact: true }}
      />
      {GROUPS.map((group) => {
        const entries = group.entries.filter((entry) => may(entry.needs));
        return (
          entries.length > 0 && (
            <NavGroup key={group.name} title={t(`shell.groups.${group.name}`)} entries={entries} />
          )
        );
      })}
    </AppShell.Section>
  );
}

function NavGroup({ title, entries }: { title: string; entries: Place[] }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Stack gap={0} mt="sm" role="group" aria-labelledby={id}>
      <Text id={id} size="xs" c="dimmed" px="sm" py={4}>
        {title}
      </Text>
      {entries.map(({ to, name, icon: Mark }) => (
        <SideLink
          key={to}
          to={to}
          data-tour={name}
          label={t(`shell.pages.${name}`)}
          leftSection={<Mark size={18} aria-hidden />}
          activeOptions={{ includeSearch: false }}
        />
      ))}
    </Stack>
  );
}
