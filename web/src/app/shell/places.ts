/** Every page that somebody may start from: the navigation, the command palette and the keys all read this list. */
import {
  type Icon,
  IconAddressBook,
  IconArrowsDiff,
  IconArrowsExchange,
  IconBarrierBlock,
  IconCertificate,
  IconChartBar,
  IconClipboardList,
  IconCpu,
  IconDatabase,
  IconFileInvoice,
  IconGavel,
  IconHeartbeat,
  IconListCheck,
  IconLockQuestion,
  IconMessages,
  IconPlugConnected,
  IconReceipt,
  IconRoute,
  IconScale,
  IconSchool,
  IconServerBolt,
  IconShieldCheck,
  IconSitemap,
  IconTags,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import type { Me } from "../../api/types";

type Permission = Me["permissions"][number];

/** `key` is what is pressed after g. */
export const GROUPS = [
  {
    name: "staff",
    entries: [
      { to: "/models", name: "models", icon: IconAddressBook, needs: "model.read", key: "m" },
      { to: "/org", name: "org", icon: IconSitemap, needs: "organisation.read", key: "o" },
      { to: "/skills", name: "skills", icon: IconChartBar, needs: "evaluation.read", key: "s" },
      { to: "/compare", name: "compare", icon: IconArrowsDiff, needs: "model.read", key: "c" },
      { to: "/exams", name: "exams", icon: IconCertificate, needs: "evaluation.read", key: "x" },
      { to: "/comparisons", name: "comparisons", icon: IconScale, needs: "evaluation.read" },
      { to: "/gates", name: "gates", icon: IconBarrierBlock, needs: "evaluation.read" },
      { to: "/plans", name: "plans", icon: IconRoute, needs: "job.read", key: "p" },
    ],
  },
  {
    name: "work",
    entries: [
      { to: "/requests", name: "requests", icon: IconClipboardList, needs: "request.read", key: "r" },
      { to: "/studio/rotation", name: "rotation", icon: IconArrowsExchange, needs: "job.run", key: "t" },
      { to: "/studio/training", name: "training", icon: IconSchool, needs: "job.run" },
      { to: "/studio/mentoring", name: "mentoring", icon: IconUsersGroup, needs: "job.run" },
      { to: "/datasets", name: "datasets", icon: IconDatabase, needs: "dataset.read", key: "d" },
      { to: "/approvals", name: "approvals", icon: IconGavel, needs: "approval.read", key: "a" },
      { to: "/jobs", name: "jobs", icon: IconListCheck, needs: "job.read", key: "j" },
    ],
  },
  {
    name: "service",
    entries: [
      { to: "/endpoints", name: "endpoints", icon: IconPlugConnected, needs: "endpoint.read", key: "e" },
      { to: "/playground", name: "playground", icon: IconMessages, needs: "endpoint.use", key: "y" },
      { to: "/usage", name: "usage", icon: IconReceipt, needs: "usage.read", key: "u" },
      { to: "/billing", name: "billing", icon: IconFileInvoice, needs: "usage.read", key: "b" },
    ],
  },
  {
    name: "house",
    entries: [
      { to: "/compute", name: "compute", icon: IconCpu, needs: "job.read", key: "q" },
      { to: "/runtimes", name: "runtimes", icon: IconServerBolt, needs: "endpoint.read" },
      { to: "/people", name: "people", icon: IconUsers, needs: "people.manage" },
      { to: "/access", name: "access", icon: IconLockQuestion, needs: "organisation.read" },
      { to: "/prices", name: "prices", icon: IconTags, needs: "usage.read" },
      { to: "/audit", name: "audit", icon: IconShieldCheck, needs: "audit.read", key: "l" },
      { to: "/health", name: "health", icon: IconHeartbeat, needs: "health.read" },
    ],
  },
] as const satisfies {
  name: string;
  entries: readonly { to: string; name: string; icon: Icon; needs: Permission; key?: string }[];
}[];

export type Place = (typeof GROUPS)[number]["entries"][number];

/** The pages of this list that somebody with these rights may open. */
export function placesFor(may: (permission: Permission) => boolean): Place[] {
  return GROUPS.flatMap((group): Place[] => [...group.entries]).filter(({ needs }) => may(needs));
}

/** Where g and this key lead. */
export function placeOfKey(key: string, places: Place[]): Place | undefined {
  return places.find((place) => "key" in place && place.key === key);
}
