import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../../api/client";
import type { AccessRequest } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { accessRequestsQuery, type ModelPath, useDecideAccess } from "../accessApi";

/** Who asked for the weights; shown to those who decide. */
export function Requests({ path }: { path: ModelPath }) {
  const { t } = useTranslation();
  const requests = useQuery({ ...accessRequestsQuery(path), retry: false });
  if (requests.error instanceof ApiError && requests.error.status === 403) {
    return (
      <Text size="sm" c="dimmed">
        {t("access.onlyDeciders")}
      </Text>
    );
  }
  return (
    <Section title={t("access.requests")}>
      <QueryView query={requests} lines={2}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title={t("access.noRequests")} />
          ) : (
            <RequestTable path={path} items={items} />
          )
        }
      </QueryView>
    </Section>
  );
}

function RequestTable({ path, items }: { path: ModelPath; items: AccessRequest[] }) {
  const { t } = useTranslation();
  return (
    <DataTable
      caption={t("access.requests")}
      rows={items}
      rowKey={(request) => request.id}
      columns={[
        { key: "who", header: t("access.person"), render: (request) => request.person },
        {
          key: "state",
          header: t("common.state"),
          render: (each) => <StateBadge of="access" state={each.state} />,
        },
        { key: "why", header: t("common.reason"), render: (request) => reasonOf(request) },
        { key: "when", header: t("common.since"), render: (request) => <Since at={request.asked_at} /> },
        {
          key: "decision",
          header: t("access.decision"),
          render: (request) => request.decided_by ?? "–",
        },
        {
          key: "actions",
          header: t("common.actions"),
          render: (request) => <Decide path={path} request={request} />,
        },
      ]}
    />
  );
}

/** What the person said, or why they were refused. */
function reasonOf({ fields, reason: refused }: AccessRequest): string {
  const said = Object.values(fields).filter((value) => typeof value === "string" && value !== "");
  return [...said, refused].filter(Boolean).join(" → ") || "–";
}

function Decide({ path, request }: { path: ModelPath; request: AccessRequest }) {
  const { t } = useTranslation();
  const decide = useDecideAccess(path, t("access.decided"));
  return (
    <Group gap={6}>
      {request.state !== "accepted" && (
        <Button
          size="compact-sm"
          loading={decide.isPending}
          aria-label={t("access.acceptOf", { person: request.person })}
          onClick={() => decide.mutate({ id: request.id, state: "accepted", reason: "" })}
        >
          {t("access.accept")}
        </Button>
      )}
      {request.state !== "rejected" && (
        <ReasonButton
          size="compact-sm"
          variant="default"
          label={t(request.state === "accepted" ? "access.withdraw" : "access.reject")}
          explanation={t("access.rejectHint", { person: request.person })}
          onConfirm={(reason) => decide.mutateAsync({ id: request.id, state: "rejected", reason })}
        />
      )}
    </Group>
  );
}
