import { AppShell, ScrollArea, Stack, Text } from "@mantine/core";
import {
  type Icon,
  IconAddressBook,
  IconArrowsExchange,
  IconCertificate,
  IconChartBar,
  IconClipboardList,
  IconCpu,
  IconDatabase,
  IconGavel,
  IconHeartbeat,
  IconHome,
  IconListCheck,
  IconPlugConnected,
  IconReceipt,
  IconRoute,
  IconSchool,
  IconShieldCheck,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import type { Me } from "../../api/types";
import { SideLink } from "../../components/Links";

type Permission = Me["permissions"][number];

const GROUPS = [
  {
    name: "staff",
    entries: [
      { to: "/models", name: "models", icon: IconAddressBook, needs: "model.read" },
      { to: "/skills", name: "skills", icon: IconChartBar, needs: "evaluation.read" },
      { to: "/exams", name: "exams", icon: IconCertificate, needs: "evaluation.read" },
      { to: "/plans", name: "plans", icon: IconRoute, needs: "job.read" },
    ],
  },
  {
    name: "work",
    entries: [
      { to: "/requests", name: "requests", icon: IconClipboardList, needs: "request.read" },
      { to: "/studio/rotation", name: "rotation", icon: IconArrowsExchange, needs: "job.run" },
      { to: "/studio/training", name: "training", icon: IconSchool, needs: "job.run" },
      { to: "/studio/mentoring", name: "mentoring", icon: IconUsersGroup, needs: "job.run" },
      { to: "/datasets", name: "datasets", icon: IconDatabase, needs: "dataset.read" },
      { to: "/approvals", name: "approvals", icon: IconGavel, needs: "approval.read" },
      { to: "/jobs", name: "jobs", icon: IconListCheck, needs: "job.read" },
    ],
  },
  {
    name: "service",
    entries: [
      { to: "/endpoints", name: "endpoints", icon: IconPlugConnected, needs: "endpoint.read" },
      { to: "/usage", name: "usage", icon: IconReceipt, needs: "usage.read" },
    ],
  },
  {
    name: "house",
    entries: [
      { to: "/compute", name: "compute", icon: IconCpu, needs: "job.read" },
      { to: "/people", name: "people", icon: IconUsers, needs: "people.manage" },
      { to: "/audit", name: "audit", icon: IconShieldCheck, needs: "audit.read" },
      { to: "/health", name: "health", icon: IconHeartbeat, needs: "health.read" },
    ],
  },
] as const satisfies {
  name: string;
  entries: readonly { to: string; name: string; icon: Icon; needs: Permission }[];
}[];

/** Links to the pages that this person may open. */
export function Navigation() {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <AppShell.Section grow component={ScrollArea} type="auto">
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

type Entry = (typeof GROUPS)[number]["entries"][number];

function NavGroup({ title, entries }: { title: string; entries: Entry[] }) {
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
          label={t(`shell.pages.${name}`)}
          leftSection={<Mark size={18} aria-hidden />}
          activeOptions={{ includeSearch: false }}
        />
      ))}
    </Stack>
  );
}
