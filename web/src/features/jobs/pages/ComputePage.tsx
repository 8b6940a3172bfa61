import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { ComputeBoard } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { type Column, DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { computeQuery } from "../compute/api";
import { Machines } from "../compute/Machines";
import { Queue } from "../compute/Queue";
import { QuotaButton } from "../compute/QuotaButton";
import { Quotas } from "../compute/Quotas";

/** The compute board: machines and who holds what of them, the queue with its reasons, quotas. */
export function ComputePage(): ReactNode {
  const { t } = useTranslation();
  const board = useQuery(computeQuery);
  return (
    <Stack>
      <PageHeader title={t("compute.title")} term={t("compute.term")} description={t("compute.hint")} />
      <QueryView query={board}>{(found) => <Board board={found} />}</QueryView>
    </Stack>
  );
}

function Board({ board }: { board: ComputeBoard }) {
  const { t } = useTranslation();
  const may = useMay()("quota.manage");
  const flavours = board.flavours.map((each) => each.flavour);
  return (
    <>
      <Section title={t("compute.machines")}>
        {board.machines.length === 0 ? (
          <EmptyState
            title={t("compute.noMachines")}
            hint={t("compute.noMachinesHint")}
            action={<CopyBlock text="aird worker" what={t("compute.machines")} />}
          />
        ) : (
          <Machines machines={board.machines} />
        )}
      </Section>
      {board.flavours.length > 0 && (
        <Section title={t("compute.flavours")}>
          <Flavours flavours={board.flavours} />
        </Section>
      )}
      <Section title={t("compute.queue")} term={t("compute.queueTerm")}>
        <Queue waiting={board.waiting} blocked={board.blocked_jobs} />
      </Section>
      <Section
        title={t("compute.quotas")}
        term={t("compute.quotasTerm")}
        actions={may && <QuotaButton flavours={flavours} />}
      >
        <Quotas quotas={board.quotas} flavours={flavours} />
      </Section>
    </>
  );
}

type Flavour = ComputeBoard["flavours"][number];

function Flavours({ flavours }: { flavours: Flavour[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const figure = (key: "capacity" | "free" | "guaranteed" | "deserved", header: string): Column<Flavour> => ({
    key,
    header,
    numeric: true,
    render: (each) => formats.number(each[key]),
  });
  const columns: Column<Flavour>[] = [
    {
      key: "flavour",
      header: t("compute.flavour"),
      render: (each) => (each.flavour === "cpu" ? t("compute.cpu") : each.flavour),
    },
    figure("capacity", t("compute.capacity")),
    figure("free", t("compute.freeNow")),
    figure("guaranteed", t("compute.guaranteed")),
    figure("deserved", t("compute.deserved")),
  ];
  return (
    <DataTable
      caption={t("compute.flavours")}
      columns={columns}
      rows={flavours}
      rowKey={(each) => each.flavour}
    />
  );
}
