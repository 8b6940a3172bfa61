import { Badge, Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Suite } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterChoice } from "../../../components/FilterBar";
import { ButtonLink, PageLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { partsOf, suitesQuery } from "../api";
import { ImportTask } from "../components/ImportTask";
import { SLOTS } from "../slots";

const route = getRouteApi("/shell/exams");

/** Every exam of the house, and the way in for new ones. */
export function ExamsPage(): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const may = useMay();
  const { slot } = route.useSearch();
  const navigate = route.useNavigate();
  const suites = useQuery(suitesQuery(slot));
  const first = useRef<HTMLInputElement>(null);
  const columns: Column<Suite>[] = [
    {
      key: "title",
      header: t("exams.exam"),
      render: (suite) => (
        <>
          <PageLink to="/exams/$department/$name" params={partsOf(suite.name)} fw={600}>
            {suite.title}
          </PageLink>
          <Text size="xs" c="dimmed">
            {suite.name}
          </Text>
        </>
      ),
    },
    { key: "skill", header: t("exams.skill"), render: (suite) => suite.skill },
    {
      key: "slot",
      header: t("exams.slotOf"),
      nowrap: true,
      render: (suite) => (
        <Badge variant="light" color={suite.slot === "skill" ? "blue" : "grape"}>
          {label("exams.slot", suite.slot)}
        </Badge>
      ),
    },
    { key: "scorer", header: t("exams.judgedBy"), render: (suite) => label("exams.scorer", suite.scorer) },
    {
      key: "items",
      header: t("exams.questions"),
      numeric: true,
      render: (suite) => formats.number(suite.items),
    },
    { key: "dataset", header: t("exams.dataset"), render: (suite) => `${suite.dataset} (${suite.split})` },
  ];
  return (
    <Stack>
      <PageHeader title={t("exams.exams")} term={t("exams.examsTerm")} description={t("exams.examsHint")} />
      <FilterBar>
        <FilterChoice
          label={t("exams.slotOf")}
          value={slot}
          choices={SLOTS.map((each) => ({ value: each, label: label("exams.slot", each) }))}
          onChange={(value) =>
            void navigate({ search: { slot: SLOTS.find((each) => each === value) }, replace: true })
          }
        />
      </FilterBar>
      <QueryView query={suites}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t(slot ? "common.nothingFound" : "exams.none")}
              hint={t(slot ? "common.nothingFoundHint" : "exams.noneHint")}
              action={
                slot ? (
                  <ButtonLink to="/exams" search={{}} variant="default">
                    {t("common.clearFilters")}
                  </ButtonLink>
                ) : (
                  may("evaluation.write") && (
                    <Button onClick={() => first.current?.focus()}>{t("exams.import")}</Button>
                  )
                )
              }
            />
          ) : (
            <DataTable
              caption={t("exams.exams")}
              columns={columns}
              rows={items}
              rowKey={({ name }) => name}
            />
          )
        }
      </QueryView>
      {may("evaluation.write") && <ImportTask first={first} />}
    </Stack>
  );
}
