import { Button, List, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Gate } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { EmptyState } from "../../../components/EmptyState";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { gatesQuery } from "../gates/api";
import { GateEditor } from "../gates/GateEditor";

/** What a version has to reach before it may serve a department. */
export function GatesPage(): ReactNode {
  const { t } = useTranslation();
  const may = useMay()("evaluation.write");
  const gates = useQuery(gatesQuery);
  const [open, setOpen] = useState<Gate | "new" | null>(null);
  const columns: Column<Gate>[] = [
    { key: "name", header: t("common.name"), render: (gate) => gate.name },
    {
      key: "department",
      header: t("common.department"),
      render: (gate) => <Department of={gate.department} />,
    },
    { key: "rules", header: t("exams.rules"), render: (gate) => <Rules gate={gate} /> },
  ];
  if (may) {
    columns.push({
      key: "change",
      header: t("common.actions"),
      render: (gate) => (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t("exams.changeGateWhich", { name: gate.name })}
          onClick={() => setOpen(gate)}
        >
          {t("exams.changeGate")}
        </Button>
      ),
    });
  }
  const add = may && <Button onClick={() => setOpen("new")}>{t("exams.newGate")}</Button>;
  return (
    <Stack>
      <PageHeader
        title={t("exams.gates")}
        term={t("exams.gatesTerm")}
        description={t("exams.gatesHint")}
        actions={add}
      />
      <QueryView query={gates}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("exams.noGates")} hint={t("exams.noGatesHint")} action={add} />
          ) : (
            <DataTable caption={t("exams.gates")} columns={columns} rows={items} rowKey={({ id }) => id} />
          )
        }
      </QueryView>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        size="xl"
        title={open === null || open === "new" ? t("exams.newGate") : open.name}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {open && <GateEditor gate={open === "new" ? null : open} onDone={() => setOpen(null)} />}
      </Modal>
    </Stack>
  );
}

function Rules({ gate }: { gate: Gate }) {
  const { t } = useTranslation();
  const label = useLabels();
  const formats = useFormats();
  return (
    <List size="sm" listStyleType="none">
      {gate.rules.map((rule) => (
        <List.Item key={JSON.stringify(rule)}>
          <Text size="sm">
            {label("measure", rule.measure)} · {rule.suite ?? t("exams.everyExam")}
            {rule.at_least != null && ` ≥ ${formats.percent(rule.at_least)}`}
            {rule.margin != null && ` · ${t("exams.margin")} ${formats.percent(rule.margin)}`}
            {rule.reference && ` · ${t("exams.reference")} ${rule.reference}`}
          </Text>
        </List.Item>
      ))}
    </List>
  );
}
