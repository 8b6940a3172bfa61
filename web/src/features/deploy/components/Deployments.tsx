import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { EndpointDetail } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Digest } from "../../../components/Digest";
import { VersionLink } from "../../../components/Links";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";

/** Who worked at this endpoint, and when. */
export function Deployments({ deployments }: { deployments: EndpointDetail["deployments"] }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  if (deployments.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("deploy.noHistory")}
      </Text>
    );
  }
  return (
    <DataTable
      caption={t("deploy.history")}
      rows={deployments}
      rowKey={(each) => each.number}
      columns={[
        { key: "number", header: "#", render: (each) => formats.number(each.number) },
        {
          key: "version",
          header: t("deploy.version"),
          render: (each) => <VersionLink value={each.version} />,
        },
        { key: "digest", header: t("common.digest"), render: (each) => <Digest value={each.digest} /> },
        { key: "since", header: t("common.since"), nowrap: true, render: (each) => formats.date(each.since) },
        { key: "action", header: t("deploy.action"), render: (each) => t(`deploy.actions.${each.action}`) },
        { key: "by", header: t("common.by"), render: (each) => each.created_by ?? "aird" },
        { key: "reason", header: t("common.reason"), render: (each) => said(each.reason) || "–" },
      ]}
    />
  );
}

/** The processes that answer, each with its state and why. */
export function Replicas({ replicas }: { replicas: EndpointDetail["replicas"] }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  if (replicas.length === 0) return null;
  return (
    <DataTable
      caption={t("deploy.replicas")}
      rows={replicas}
      rowKey={(replica) => replica.id}
      columns={[
        { key: "unit", header: t("deploy.replica"), render: (replica) => <Unit name={replica.unit} /> },
        {
          key: "state",
          header: t("common.state"),
          render: (r) => <StateBadge of="endpoint" state={r.state} />,
        },
        { key: "reason", header: t("common.reason"), render: (replica) => said(replica.reason) || "–" },
        { key: "since", header: t("common.since"), render: (replica) => <Since at={replica.since} /> },
        {
          key: "engine",
          header: t("deploy.engine"),
          render: ({ runtime, chip, number }) => `${runtime} · ${chip} · #${formats.number(number)}`,
        },
        {
          key: "host",
          header: t("deploy.host"),
          render: ({ host, pid }) => [host, pid].filter(Boolean).join(" · ") || "–",
        },
        { key: "took", header: t("deploy.memory"), numeric: true, render: ({ took }) => formats.bytes(took) },
      ]}
    />
  );
}

/** A unit is named by the digest of what it runs, unless it has a name of its own. */
function Unit({ name }: { name: string }) {
  return name.startsWith("sha256:") ? <Digest value={name} /> : name;
}
