import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { PageLink } from "../../../components/Links";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import type { Waiting } from "./api";

/** Who waits for room, in the order of the queue, each with its reason. */
export function Queue({ waiting, blocked }: { waiting: Waiting[]; blocked: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const why = useReason();
  const columns: Column<Waiting>[] = [
    { key: "position", header: t("compute.position"), render: (each) => formats.number(each.position) },
    { key: "job", header: t("compute.job"), render: (each) => <Job waiting={each} /> },
    {
      key: "department",
      header: t("compute.department"),
      render: (each) => <Department of={each.department} />,
    },
    { key: "asks", header: t("compute.asks"), render: (each) => asks(each, formats.bytes, t("compute.cpu")) },
    {
      key: "priority",
      header: t("compute.priority"),
      render: (each) => t(`compute.priorities.${each.priority}`, { defaultValue: String(each.priority) }),
    },
    { key: "why", header: t("compute.why"), render: why },
    { key: "since", header: t("compute.waits"), render: (each) => <Since at={each.queued_at} /> },
  ];
  return (
    <>
      {waiting.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("compute.noQueue")}
        </Text>
      ) : (
        <DataTable
          caption={t("compute.queue")}
          columns={columns}
          rows={waiting}
          rowKey={(each) => each.position}
        />
      )}
      {blocked > 0 && (
        <Text size="sm" c="dimmed">
          {t("compute.blocked", { count: blocked })}
        </Text>
      )}
    </>
  );
}

function Job({ waiting }: { waiting: Waiting }) {
  const { t } = useTranslation();
  const said = useSaid();
  return (
    <>
      {waiting.id ? (
        <PageLink to="/jobs/$id" params={{ id: waiting.id }} fw={600}>
          {said(waiting.title)}
        </PageLink>
      ) : (
        <Text size="sm">{t("compute.hidden", { department: waiting.department })}</Text>
      )}
      {waiting.alike > 1 && (
        <Text size="xs" c="dimmed">
          {t("compute.alike", { count: waiting.alike - 1 })}
        </Text>
      )}
    </>
  );
}

function asks(each: Waiting, bytes: (value: number) => string, cpu: string): string {
  if (each.chips === 0) return each.memory ? `${cpu} · ${bytes(each.memory)}` : cpu;
  const nodes = each.nodes > 1 ? `${each.nodes} × ` : "";
  const kind = each.flavours.join(" / ") || "GPU";
  return `${nodes}${each.chips} × ${kind}${each.memory ? ` · ${bytes(each.memory)}` : ""}`;
}

/** The reason in the reader's language, or as the server wrote it. */
function useReason(): (each: Waiting) => string {
  const { t } = useTranslation();
  return (each) => {
    const numbers = each.numbers as Record<string, string | number | boolean | null>;
    const code = each.code === "room" && numbers.kept === true ? "kept" : each.code;
    const flavour = numbers.flavour === "cpu" ? t("compute.cpu") : numbers.flavour;
    return t(`compute.codes.${code}`, { ...numbers, flavour, defaultValue: each.reason });
  };
}
