import { Alert, Button, Stack, Tabs, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { DatasetVersion } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { EmptyState } from "../../../components/EmptyState";
import { Facts } from "../../../components/Facts";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { datasetVersionQuery, reportQuery, useErase, useExamine } from "../api";
import { pathOf } from "../words";
import { Deployed } from "./Deployed";
import { Findings } from "./Findings";
import { Items } from "./Items";
import { NearLeaks } from "./NearLeaks";
import { Report } from "./Report";
import { VerdictBadge } from "./VerdictBadge";

/** One version: what it holds, what was found in it, where it went. */
export function VersionView({ version }: { version: DatasetVersion }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const path = pathOf(version.name);
  const examine = useExamine(path, version.number, t("datasets.examining"));
  const erase = useErase(path, version.number, t("datasets.erasedDone"));
  const open = !version.erased && may("dataset.write", path.department);
  const splits = Object.entries(version.splits).map(([split, count]) => {
    const exams = version.exams[split];
    return `${split} ${formats.number(count)}${exams ? ` (${t("datasets.isExam", { exams: exams.join(", ") })})` : ""}`;
  });
  return (
    <Section
      title={version.ref}
      actions={
        open && (
          <>
            <Button
              size="xs"
              variant="default"
              loading={examine.isPending}
              onClick={() => examine.mutate(undefined)}
            >
              {t("datasets.examine")}
            </Button>
            <ReasonButton
              size="xs"
              variant="light"
              color="red"
              label={t("datasets.erase")}
              explanation={t("datasets.eraseHint")}
              onConfirm={(reason) => erase.mutateAsync(reason)}
            />
          </>
        )
      }
    >
      {version.erased && (
        <Alert color="gray" icon={<IconTrash aria-hidden />} title={t("datasets.erasedTitle")}>
          {t("datasets.erasedBy", { by: version.erased.by, reason: version.erased.reason })}{" "}
          <Since at={version.erased.at} />
        </Alert>
      )}
      <Facts
        facts={[
          [t("datasets.report"), <VerdictBadge key="verdict" version={version} />],
          [t("datasets.splits"), splits.join(" · ")],
          [t("datasets.digest"), <Digest key="digest" value={version.digest} />],
          [t("datasets.filed"), <Since key="filed" at={version.created_at} />],
          [t("datasets.filedBy"), version.created_by],
          [t("datasets.madeFrom"), version.made_from],
          [t("datasets.expires"), version.expires_at && formats.date(version.expires_at)],
        ]}
      />
      <Tabs defaultValue="report" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="report">{t("datasets.report")}</Tabs.Tab>
          <Tabs.Tab value="lines">{t("datasets.lines")}</Tabs.Tab>
          <Tabs.Tab value="items">{t("datasets.firstItems")}</Tabs.Tab>
          <Tabs.Tab value="deployed">{t("datasets.deployed")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="report" pt="md">
          <Examined version={version} what="report" />
        </Tabs.Panel>
        <Tabs.Panel value="lines" pt="md">
          <Examined version={version} what="lines" />
        </Tabs.Panel>
        <Tabs.Panel value="items" pt="md">
          <First version={version} />
        </Tabs.Panel>
        <Tabs.Panel value="deployed" pt="md">
          <Deployed digest={version.digest} />
        </Tabs.Panel>
      </Tabs>
    </Section>
  );
}

function Examined({ version, what }: { version: DatasetVersion; what: "report" | "lines" }) {
  const { t } = useTranslation();
  const path = pathOf(version.name);
  const examined = version.report?.examined_at;
  const report = useQuery({
    ...reportQuery(path, version.number, examined ?? ""),
    enabled: examined !== undefined,
  });
  if (!examined) {
    return <EmptyState title={t("datasets.notExamined")} hint={t("datasets.notExaminedHint")} />;
  }
  return (
    <QueryView query={report}>
      {(found) => (
        <Stack>
          {version.report?.outdated && (
            <Text size="sm" c="dimmed">
              {t("datasets.outdated")}
            </Text>
          )}
          {what === "report" ? (
            <>
              <NearLeaks version={version} found={found} />
              <Report report={found.report} />
            </>
          ) : (
            <Findings
              path={path}
              number={version.number}
              examined={examined}
              counts={found.report.findings}
            />
          )}
        </Stack>
      )}
    </QueryView>
  );
}

function First({ version }: { version: DatasetVersion }) {
  const { t } = useTranslation();
  const whole = useQuery(datasetVersionQuery(pathOf(version.name), version.number));
  return (
    <QueryView query={whole}>
      {({ preview }) =>
        Object.keys(preview).length === 0 ? (
          <Text size="sm">{t("datasets.wordsHidden")}</Text>
        ) : (
          <Stack>
            {Object.entries(preview).map(([split, items]) => (
              <Stack key={split} gap="xs">
                <Text size="sm" fw={600}>
                  {split}
                </Text>
                <Items items={items} />
              </Stack>
            ))}
          </Stack>
        )
      }
    </QueryView>
  );
}
