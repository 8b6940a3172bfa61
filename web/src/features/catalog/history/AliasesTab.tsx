import { Badge, Group, Select, Stack, Text } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { AliasRead } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { aliasesQuery, useRemoveAlias } from "../aliasApi";
import { AliasForm } from "./AliasForm";
import { AliasHistory } from "./AliasHistory";

interface Props {
  department: string;
  model: string;
}

/** Names such as `production`: where they point, where they pointed, and how to move them. */
export function AliasesTab({ department, model }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const aliases = useQuery(aliasesQuery(department, model));
  return (
    <Stack>
      <Section title={t("personnel.aliases")} term={t("personnel.aliasesTerm")}>
        <QueryView query={aliases} lines={3}>
          {(found) =>
            found.length === 0 ? (
              <EmptyState title={t("personnel.noAliases")} hint={t("personnel.noAliasesHint")} />
            ) : (
              <AliasTable aliases={found} department={department} model={model} />
            )
          }
        </QueryView>
      </Section>
      {may("model.write", department) && (
        <Section title={t("personnel.moveAlias")}>
          <AliasForm department={department} model={model} aliases={aliases.data ?? []} />
        </Section>
      )}
      {aliases.data && aliases.data.length > 0 && (
        <History names={aliases.data.map((each) => each.name)} department={department} model={model} />
      )}
    </Stack>
  );
}

function AliasTable({ aliases, department, model }: Props & { aliases: AliasRead[] }) {
  const { t } = useTranslation();
  const may = useMay();
  const remove = useRemoveAlias(department, model, t("personnel.aliasRemoved"));
  return (
    <DataTable
      caption={t("personnel.aliases")}
      rows={aliases}
      rowKey={(alias) => alias.name}
      columns={[
        {
          key: "name",
          header: t("personnel.alias"),
          render: (alias) => (
            <Group gap={6}>
              <code>{alias.name}</code>
              {alias.protected && (
                <Badge
                  variant="default"
                  tt="none"
                  fw={500}
                  size="sm"
                  leftSection={<IconShieldLock size={12} aria-hidden />}
                  title={t("personnel.protectedHint")}
                >
                  {t("personnel.protected")}
                </Badge>
              )}
            </Group>
          ),
        },
        {
          key: "version",
          header: t("catalog.version"),
          render: (alias) => <VersionLink value={alias.ref} />,
        },
        { key: "since", header: t("common.since"), render: (alias) => <Since at={alias.moved_at} /> },
        { key: "by", header: t("common.by"), render: (alias) => alias.moved_by ?? "–" },
        { key: "reason", header: t("common.reason"), render: (alias) => alias.reason },
        {
          key: "actions",
          header: t("common.actions"),
          render: (alias) =>
            may("model.write", department) && !alias.protected ? (
              <ReasonButton
                label={t("personnel.removeAlias")}
                aria-label={t("personnel.removeAliasOf", { name: alias.name })}
                explanation={t("personnel.removeAliasHint", { name: alias.name })}
                size="compact-sm"
                variant="default"
                onConfirm={(reason) => remove.mutateAsync({ alias: alias.name, reason })}
              />
            ) : (
              "–"
            ),
        },
      ]}
    />
  );
}

function History({ names, department, model }: Props & { names: string[] }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(names.includes("production") ? "production" : (names[0] ?? ""));
  const name = names.includes(chosen) ? chosen : (names[0] ?? "");
  return (
    <Section title={t("personnel.aliasHistory")} term={t("personnel.aliasHistoryTerm")}>
      <Select
        label={t("personnel.aliasShown")}
        data={names}
        value={name}
        onChange={(value) => value && setChosen(value)}
        allowDeselect={false}
        w={{ base: "100%", xs: 240 }}
      />
      <Text size="sm" c="dimmed">
        {t("personnel.aliasHistoryHint")}
      </Text>
      <AliasHistory key={name} alias={name} department={department} model={model} />
    </Section>
  );
}
