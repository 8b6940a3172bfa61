import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Diff } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { diffQuery, type VersionPath } from "../fileApi";
import { UnifiedDiff } from "./UnifiedDiff";
import { shown, skillShift } from "./values";

/** What changed from another version to this one. */
export function Difference({ version, against }: { version: VersionPath; against: string }) {
  const { t } = useTranslation();
  const diff = useQuery(diffQuery(version, against));
  return (
    <QueryView query={diff} lines={6}>
      {(found) => {
        const changed = found.files.filter((file) => file.change !== "same");
        const same = found.files.length - changed.length;
        const nothing = changed.length + found.facts.length + found.card.length + found.skills.length === 0;
        return (
          <Stack gap="lg">
            <Text size="sm" aria-live="polite">
              {nothing
                ? t("personnel.nothingChanged")
                : t("personnel.changedFrom", { old: found.old, current: found.new })}
            </Text>
            <Skills skills={found.skills} />
            <Facts title={t("personnel.factsChanged")} facts={found.facts} />
            <Facts title={t("personnel.cardChanged")} facts={found.card} />
            {changed.length > 0 && <Files files={changed} same={same} />}
            {found.texts.map((text) => (
              <UnifiedDiff key={text.path} path={text.path} diff={text.unified_diff} cut={text.cut} />
            ))}
          </Stack>
        );
      }}
    </QueryView>
  );
}

function Title({ children }: { children: string }) {
  return (
    <Text component="h3" fw={600} size="sm" m={0}>
      {children}
    </Text>
  );
}

function Skills({ skills }: { skills: Diff["skills"] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (skills.length === 0) return null;
  return (
    <Stack gap={4}>
      <Title>{t("personnel.skillsChanged")}</Title>
      <DataTable
        caption={t("personnel.skillsChanged")}
        rows={skills}
        rowKey={(each) => each.suite}
        columns={[
          { key: "suite", header: t("catalog.suite"), render: (each) => each.suite },
          {
            key: "old",
            header: t("personnel.before"),
            numeric: true,
            render: (each) => formats.percent(each.old),
          },
          {
            key: "new",
            header: t("personnel.after"),
            numeric: true,
            render: (each) => formats.percent(each.new),
          },
          {
            key: "interval",
            header: t("personnel.differenceInterval"),
            numeric: true,
            render: (each) => formats.interval(each.low, each.high),
          },
          {
            key: "verdict",
            header: t("personnel.verdict"),
            render: (each) => t(`personnel.shift.${skillShift(each)}`),
          },
        ]}
      />
    </Stack>
  );
}

function Facts({ title, facts }: { title: string; facts: Diff["facts"] }) {
  const { t } = useTranslation();
  if (facts.length === 0) return null;
  return (
    <Stack gap={4}>
      <Title>{title}</Title>
      <DataTable
        caption={title}
        rows={facts}
        rowKey={(each) => each.key}
        columns={[
          { key: "key", header: t("common.name"), render: (each) => <code>{each.key}</code> },
          { key: "old", header: t("personnel.before"), render: (each) => shown(each.old) },
          { key: "new", header: t("personnel.after"), render: (each) => shown(each.new) },
        ]}
      />
    </Stack>
  );
}

function Files({ files, same }: { files: Diff["files"]; same: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Stack gap={4}>
      <Title>{t("personnel.filesChanged")}</Title>
      <DataTable
        caption={t("personnel.filesChanged")}
        rows={files}
        rowKey={(file) => file.path}
        columns={[
          { key: "path", header: t("common.name"), render: (file) => <code>{file.path}</code> },
          {
            key: "change",
            header: t("personnel.change"),
            render: (file) => t(`personnel.changes.${file.change}`),
          },
          {
            key: "old",
            header: t("personnel.before"),
            numeric: true,
            render: (file) => formats.bytes(file.old_size),
          },
          {
            key: "new",
            header: t("personnel.after"),
            numeric: true,
            render: (file) => formats.bytes(file.new_size),
          },
        ]}
      />
      {same > 0 && (
        <Text size="sm" c="dimmed">
          {t("personnel.filesSame", { number: formats.number(same) })}
        </Text>
      )}
    </Stack>
  );
}
