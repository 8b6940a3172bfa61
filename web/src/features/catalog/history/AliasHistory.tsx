import { Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorBox } from "../../../components/ErrorBox";
import { PageLink, VersionLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { useFormats } from "../../../lib/useFormats";
import { aliasAtQuery, aliasHistoryQuery } from "../aliasApi";
import { momentOf } from "./moments";

interface Props {
  department: string;
  model: string;
  alias: string;
}

/** Every move of an alias, and where it pointed at any moment. */
export function AliasHistory({ department, model, alias }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const history = useInfiniteQuery(aliasHistoryQuery(department, model, alias));
  return (
    <Stack>
      <AsOf department={department} model={model} alias={alias} />
      <PagedTable
        query={history}
        caption={t("personnel.aliasHistory")}
        rowKey={(move) => `${move.at} ${move.ref}`}
        empty={<EmptyState title={t("personnel.noMoves")} />}
        columns={[
          { key: "at", header: t("personnel.when"), render: (move) => formats.date(move.at), nowrap: true },
          {
            key: "to",
            header: t("personnel.pointsAt"),
            render: (move) => (move.ref ? <VersionLink value={move.ref} /> : t("personnel.removed")),
          },
          { key: "from", header: t("personnel.pointedAt"), render: (move) => move.previous ?? "–" },
          { key: "by", header: t("common.by"), render: (move) => move.moved_by ?? "–" },
          { key: "why", header: t("common.reason"), render: (move) => move.reason },
          {
            key: "approval",
            header: t("personnel.approval"),
            render: (move) =>
              move.approval_id ? (
                <PageLink to="/approvals/$id" params={{ id: move.approval_id }}>
                  {t("personnel.openApproval")}
                </PageLink>
              ) : (
                "–"
              ),
          },
        ]}
      />
    </Stack>
  );
}

function AsOf({ department, model, alias }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [local, setLocal] = useState("");
  const moment = momentOf(local);
  const at = useQuery({ ...aliasAtQuery(department, model, alias, moment ?? ""), enabled: moment !== null });
  return (
    <Stack gap={6}>
      <TextInput
        type="datetime-local"
        label={t("personnel.asOf", { name: alias })}
        value={local}
        onChange={(event) => setLocal(event.currentTarget.value)}
        w={{ base: "100%", xs: 300 }}
      />
      <div aria-live="polite">
        {moment && at.data && (
          <Text size="sm">
            {t("personnel.pointedThen", { name: alias })} <VersionLink value={at.data.ref} />{" "}
            <Text span size="sm" c="dimmed">
              {t("personnel.pointedSince", { when: formats.date(at.data.since) })}
            </Text>
          </Text>
        )}
        {moment && at.error && <ErrorBox error={at.error} />}
      </div>
    </Stack>
  );
}
