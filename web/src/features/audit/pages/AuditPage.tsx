import { Button, Code, Stack, Text, TextInput } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { AuditEntry } from "../../../api/types";
import type { Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorBox } from "../../../components/ErrorBox";
import { FilterBar, FilterText } from "../../../components/FilterBar";
import { ButtonLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { useHappened, useSubject } from "../../../lib/useEvents";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { type AuditFilters, auditQuery, useVerify } from "../api";
import { BrowserCheck } from "../components/BrowserCheck";
import { ExportMenu } from "../components/ExportMenu";
import { VerdictBox } from "../components/VerdictBox";

const route = getRouteApi("/shell/audit");

export function AuditPage(): ReactNode {
  const { t } = useTranslation();
  const said = useSaid();
  const happened = useHappened();
  const subject = useSubject();
  const formats = useFormats();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const entries = useInfiniteQuery(auditQuery(filters));
  const verify = useVerify();
  const filter = (changed: Partial<AuditFilters>) =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });

  const columns: Column<AuditEntry>[] = [
    { key: "seq", header: "#", render: (entry) => formats.number(entry.seq) },
    { key: "at", header: t("audit.at"), nowrap: true, render: (entry) => formats.date(entry.at) },
    { key: "actor", header: t("audit.actor"), render: (entry) => entry.actor },
    {
      key: "event",
      header: t("audit.event"),
      render: (entry) => <EventName event={entry.event} words={happened(entry.event)} />,
    },
    {
      key: "subject",
      header: t("audit.subject"),
      render: (entry) => <Long>{subject(entry.event, entry.subject)}</Long>,
    },
    {
      key: "reason",
      header: t("common.reason"),
      render: (entry) => <Long>{said(entry.reason) || "–"}</Long>,
    },
    {
      key: "details",
      header: t("audit.details"),
      nowrap: true,
      render: (entry) => <Details entry={entry} />,
    },
  ];
  const filtered = Object.values(filters).some((value) => value !== undefined);

  return (
    <Stack>
      <PageHeader
        title={t("audit.audit")}
        term={t("audit.auditTerm")}
        description={t("audit.hint")}
        actions={
          <>
            <ExportMenu filters={filters} filtered={filtered} />
            <Button
              leftSection={<IconShieldCheck size={16} aria-hidden />}
              loading={verify.isPending}
              onClick={() => verify.mutate(undefined)}
            >
              {t("audit.verify")}
            </Button>
          </>
        }
      />
      {verify.isError && <ErrorBox error={verify.error} />}
      {verify.data && <VerdictBox verdict={verify.data} />}
      <BrowserCheck />
      <FilterBar>
        <FilterText label={t("audit.event")} value={filters.event} onChange={(event) => filter({ event })} />
        <FilterText label={t("audit.actor")} value={filters.actor} onChange={(actor) => filter({ actor })} />
        <FilterText
          label={t("audit.subject")}
          value={filters.subject}
          onChange={(subject) => filter({ subject })}
        />
        <FilterText
          label={t("common.reason")}
          value={filters.reason}
          onChange={(reason) => filter({ reason })}
        />
        <FilterDay label={t("audit.from")} value={filters.from} onChange={(from) => filter({ from })} />
        <FilterDay label={t("audit.to")} value={filters.to} onChange={(to) => filter({ to })} />
      </FilterBar>
      <PagedTable
        query={entries}
        caption={t("audit.audit")}
        columns={columns}
        rowKey={(entry) => entry.seq}
        empty={
          <EmptyState
            title={t(filtered ? "common.nothingFound" : "audit.none")}
            hint={t(filtered ? "common.nothingFoundHint" : "audit.noneHint")}
            action={
              filtered && (
                <ButtonLink to="/audit" search={{}} variant="default" reloadDocument>
                  {t("common.clearFilters")}
                </ButtonLink>
              )
            }
          />
        }
      />
    </Stack>
  );
}

/** What happened in words, and by its name, which filters and exports know; broken after its dots to stay narrow. */
function EventName({ event, words }: { event: string; words: string }) {
  const parts = event.split(/(?<=[._])/);
  return (
    <>
      <div style={{ minWidth: "11rem", overflowWrap: "anywhere" }}>{words}</div>
      <Text component="code" size="xs" c="dimmed" ff="monospace">
        {parts.map((part, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a name stay where they are
          <Fragment key={place}>
            {place > 0 && <wbr />}
            {part}
          </Fragment>
        ))}
      </Text>
    </>
  );
}

/** Names and reasons without a space to break at must not push the last column out. */
function Long({ children }: { children: string }) {
  return <div style={{ minWidth: "6rem", overflowWrap: "anywhere" }}>{children}</div>;
}

function FilterDay({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  return (
    <TextInput
      type="date"
      label={label}
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      w={{ base: "100%", xs: 160 }}
    />
  );
}

function Details({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation();
  return (
    <details>
      <summary aria-label={t("audit.detailsOf", { number: entry.seq })}>{t("audit.show")}</summary>
      <Code block style={{ minWidth: "16rem", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {JSON.stringify(entry.details, null, 2)}
      </Code>
      <Text size="xs" c="dimmed" style={{ whiteSpace: "normal", overflowWrap: "anywhere" }}>
        {t("audit.hash")} {entry.hash}
      </Text>
    </details>
  );
}
