import { Badge, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconUsersGroup } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Finding, PlanStage, PlanWork } from "../../../api/types";
import { PageLink, VersionLink } from "../../../components/Links";
import { StateBadge } from "../../../components/StateBadge";
import { Findings } from "../../../components/studio/Findings";
import { useErrorText } from "../../../lib/useErrorText";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";

/** What a stage does, how far it is, what came out and what it is judged by. */
export function StageCard({ stage }: { stage: PlanStage }): ReactNode {
  const { t } = useTranslation();
  const label = useLabels();
  const told = useTold();
  const id = `stage-${stage.name}`;
  return (
    <Paper withBorder p="sm" component="li" aria-labelledby={id}>
      <Stack gap={6} align="flex-start">
        <Title order={3} size="h5" id={id} style={{ overflowWrap: "anywhere" }}>
          {stage.title}
        </Title>
        <Text size="xs" c="dimmed">
          {label("plans.kind", stage.kind)}
          {stage.needs.length > 0 && ` · ${t("plans.after", { stages: stage.needs.join(", ") })}`}
        </Text>
        <StateBadge of="stage" state={stage.state} />
        {stage.version && (
          <Text size="sm">
            <VersionLink value={stage.version} />
          </Text>
        )}
        <Judgement stage={stage} />
        {stage.work && <Work work={stage.work} name={t("plans.job")} />}
        {stage.exam && <Work work={stage.exam} name={t("plans.examJob")} />}
        <Findings of="plans" findings={stage.findings.map(told)} />
      </Stack>
    </Paper>
  );
}

/** What a refused order said, by its own code; and that something is kept back from who may not see it. */
function useTold(): (finding: Finding) => Finding {
  const errorText = useErrorText();
  return (finding) => {
    if (finding.message === "") return { ...finding, code: "hidden" };
    if (finding.code !== "order_refused") return finding;
    const refused = Object.assign(new Error(finding.message), { code: String(finding.params?.error) });
    return { ...finding, params: { ...errorText(refused) } };
  };
}

function Judgement({ stage }: { stage: PlanStage }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const { gate = [], forgetting } = stage.report;
  const passed = gate.filter((line) => line.passed).length;
  const worst = forgetting?.worst;
  return (
    <>
      {gate.length > 0 && <Text size="sm">{t("plans.gatePassed", { passed, all: gate.length })}</Text>}
      {worst && (
        <Text size="sm">
          {t("plans.worstOf", { suite: worst.suite, points: formats.points(worst.now - worst.was) })}
          {stage.budget.max_drop !== null &&
            ` ${t("plans.ofBudget", { points: formats.points(stage.budget.max_drop).replace("+", "") })}`}
        </Text>
      )}
    </>
  );
}

function Work({ work, name }: { work: PlanWork; name: string }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  return (
    <Group gap={6} align="center">
      <Text size="sm">
        <PageLink to="/jobs/$id" params={{ id: work.job }} underline="always">
          {name}
        </PageLink>
        {`: ${label("state.job", work.state)}`}
        {work.seconds !== null && `, ${formats.duration(work.seconds)}`}
      </Text>
      {(work.shared || work.plans > 1) && (
        <Badge
          size="sm"
          variant="light"
          tt="none"
          c="var(--mantine-color-text)"
          leftSection={<IconUsersGroup size={12} aria-hidden />}
        >
          {work.shared ? t("plans.shared") : t("plans.usedBy", { number: work.plans })}
        </Badge>
      )}
    </Group>
  );
}
