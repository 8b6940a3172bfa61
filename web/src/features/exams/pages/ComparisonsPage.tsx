import { Badge, Button, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX, IconQuestionMark } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Comparison } from "../../../api/types";
import type { Column } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterText } from "../../../components/FilterBar";
import { ButtonLink, PageLink, VersionLink } from "../../../components/Links";
import { PagedTable } from "../../../components/PagedTable";
import { PageHeader } from "../../../components/PageHeader";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { comparisonsQuery } from "../comparisons/api";
import { OrderComparison } from "../comparisons/OrderComparison";

const route = getRouteApi("/shell/comparisons");

/** Examinations of two versions side by side that stop as soon as the answer is clear. */
export function ComparisonsPage(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const { version } = route.useSearch();
  const navigate = route.useNavigate();
  const comparisons = useInfiniteQuery(comparisonsQuery(version));
  const first = useRef<HTMLInputElement>(null);
  const columns: Column<Comparison>[] = [
    { key: "version", header: t("exams.version"), render: (each) => <VersionLink value={each.version} /> },
    {
      key: "reference",
      header: t("exams.reference"),
      render: (each) =>
        each.reference ? <VersionLink value={each.reference} /> : t("exams.hiddenReference"),
    },
    { key: "suite", header: t("exams.exam"), render: (each) => each.suite },
    {
      key: "question",
      header: t("exams.questionAsked"),
      render: (each) => (
        <>
          {t(`exams.ask.${each.question}`)}
          <Text size="xs" c="dimmed">
            {t("exams.margin")} {formats.percent(each.margin)}
          </Text>
        </>
      ),
    },
    { key: "verdict", header: t("exams.verdict"), render: (each) => <VerdictBadge of={each.verdict} /> },
    {
      key: "difference",
      header: t("exams.difference"),
      numeric: true,
      render: (each) => (
        <>
          {formats.points(each.difference)}
          <Text size="xs" c="dimmed">
            {formats.pointsInterval(each.low, each.high)}
          </Text>
        </>
      ),
    },
    {
      key: "items",
      header: t("exams.asked"),
      numeric: true,
      render: (each) => (
        <>
          {t("exams.askedOf", { asked: formats.number(each.items), all: formats.number(each.of_items) })}
          <Text size="xs" c="dimmed">
            {t("exams.wonLost", { won: formats.number(each.won), lost: formats.number(each.lost) })}
          </Text>
        </>
      ),
    },
    {
      key: "at",
      header: t("common.created"),
      render: (each) => (
        <PageLink to="/jobs/$id" params={{ id: each.job_id }}>
          <Since at={each.at} />
        </PageLink>
      ),
    },
  ];
  return (
    <Stack>
      <PageHeader
        title={t("exams.comparisons")}
        term={t("exams.comparisonsTerm")}
        description={t("exams.comparisonsHint")}
      />
      {may("job.run") && (
        <Section title={t("exams.newComparison")}>
          <OrderComparison first={first} />
        </Section>
      )}
      <FilterBar>
        <FilterText
          label={t("exams.version")}
          value={version}
          onChange={(wanted) => void navigate({ search: { version: wanted }, replace: true })}
        />
      </FilterBar>
      <PagedTable
        query={comparisons}
        caption={t("exams.comparisons")}
        columns={columns}
        rowKey={(each) => each.id}
        empty={
          version ? (
            <EmptyState
              title={t("common.nothingFound")}
              hint={t("common.nothingFoundHint")}
              action={
                <ButtonLink to="/comparisons" search={{}} variant="default" reloadDocument>
                  {t("common.clearFilters")}
                </ButtonLink>
              }
            />
          ) : may("job.run") ? (
            <EmptyState
              title={t("exams.noComparisons")}
              hint={t("exams.noComparisonsHint")}
              action={<Button onClick={() => first.current?.focus()}>{t("exams.newComparison")}</Button>}
            />
          ) : (
            <EmptyState
              title={t("exams.noComparisons")}
              hint={t("exams.noComparisonsHintReader")}
              action={<ButtonLink to="/exams">{t("exams.exams")}</ButtonLink>}
            />
          )
        }
      />
    </Stack>
  );
}

const LOOKS = {
  passed: [IconCircleCheck, "teal"],
  failed: [IconCircleX, "red"],
  open: [IconQuestionMark, "gray"],
} as const;

function VerdictBadge({ of }: { of: Comparison["verdict"] }) {
  const { t } = useTranslation();
  const [Mark, color] = LOOKS[of];
  return (
    <Badge
      color={color}
      variant="light"
      tt="none"
      c="var(--mantine-color-text)"
      w="max-content"
      leftSection={<Mark size={14} aria-hidden />}
    >
      {t(`exams.verdicts.${of}`)}
    </Badge>
  );
}
