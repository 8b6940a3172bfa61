import { Button, Collapse, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useDisclosure, useHotkeys, useMediaQuery } from "@mantine/hooks";
import { IconFilter } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { CopyBlock } from "../../../components/CopyBlock";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorBox } from "../../../components/ErrorBox";
import { FilterText } from "../../../components/FilterBar";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { stringifySearch } from "../../../lib/search";
import { useFormats } from "../../../lib/useFormats";
import classes from "../directory/Directory.module.css";
import { Facets } from "../directory/Facets";
import { activeFilters, type DirectoryFilters, LOOKS, SORTS } from "../directory/filters";
import { ModelCards } from "../directory/ModelCards";
import { ModelTable } from "../directory/ModelTable";
import { SavedViews } from "../directory/SavedViews";
import { facetsQuery, modelsQuery } from "../directoryApi";

const route = getRouteApi("/shell/models");

export function DirectoryPage(): ReactNode {
  const { t } = useTranslation();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay();
  const change = useCallback(
    (changed: DirectoryFilters) =>
      void navigate({ search: (before) => ({ ...before, ...changed }), replace: true }),
    [navigate],
  );
  useHotkeys([["/", () => document.querySelector<HTMLInputElement>("main input[type=search]")?.focus()]]);
  return (
    <Stack>
      <PageHeader
        title={t("catalog.directory")}
        term={t("catalog.directoryTerm")}
        description={t("catalog.directoryHint")}
        actions={
          <>
            <ButtonLink to="/skills" variant="default">
              {t("catalog.skills")}
            </ButtonLink>
            {may("model.write") && <ButtonLink to="/register">{t("register.action")}</ButtonLink>}
          </>
        }
      />
      <Bar filters={filters} onChange={change} />
      <div className={classes.layout}>
        <Narrow filters={filters} onChange={change} />
        <Found filters={filters} />
      </div>
    </Stack>
  );
}

interface Props {
  filters: DirectoryFilters;
  onChange: (changed: DirectoryFilters) => void;
}

function Bar({ filters, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <search>
      <Group gap="sm" align="flex-end">
        <FilterText
          key={filters.search === undefined ? "empty" : "search"}
          label={t("common.search")}
          value={filters.search}
          onChange={(search) => onChange({ search })}
        />
        <Select
          label={t("directory.sort")}
          data={SORTS.map((sort) => ({ value: sort, label: t(`directory.sorts.${sort}`) }))}
          value={filters.sort ?? "name"}
          onChange={(value) => onChange({ sort: SORTS.find((each) => each === value && each !== "name") })}
          allowDeselect={false}
          w={{ base: "100%", xs: 190 }}
        />
        <SegmentedControl
          visibleFrom="sm"
          aria-label={t("directory.look")}
          data={LOOKS.map((look) => ({ value: look, label: t(`directory.looks.${look}`) }))}
          value={filters.look ?? "table"}
          onChange={(value) => onChange({ look: value === "cards" ? "cards" : undefined })}
        />
        <SavedViews search={stringifySearch({ ...filters }).slice(1)} />
      </Group>
    </search>
  );
}

/** The facets: beside the list where there is room, else behind a button. */
function Narrow({ filters, onChange }: Props) {
  const { t } = useTranslation();
  const counts = useQuery({ ...facetsQuery(filters), placeholderData: keepPreviousData });
  const narrow = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false });
  const [opened, { toggle }] = useDisclosure(false);
  const number = activeFilters(filters);
  const facets = <Facets counts={counts.data} filters={filters} onChange={onChange} />;
  return (
    <nav aria-label={t("directory.narrow")} className={narrow ? undefined : classes.facets}>
      {narrow ? (
        <>
          <Button
            variant="default"
            onClick={toggle}
            aria-expanded={opened}
            leftSection={<IconFilter size={16} aria-hidden />}
          >
            {number > 0 ? t("directory.filtersSet", { number }) : t("directory.filters")}
          </Button>
          <Collapse expanded={opened}>{facets}</Collapse>
        </>
      ) : (
        facets
      )}
      {counts.error && <ErrorBox error={counts.error} retry={() => void counts.refetch()} />}
      {number > 0 && (
        <ButtonLink
          to="/models"
          search={{ sort: filters.sort, look: filters.look }}
          variant="subtle"
          size="compact-sm"
          mt="xs"
        >
          {t("common.clearFilters")}
        </ButtonLink>
      )}
    </nav>
  );
}

function Found({ filters }: { filters: DirectoryFilters }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const query = useInfiniteQuery({ ...modelsQuery(filters), placeholderData: keepPreviousData });
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const pages = query.data?.pages;
  const models = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const needMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return (
    <QueryView query={query}>
      {() => {
        if (models.length === 0) return activeFilters(filters) > 0 ? <NothingFound /> : <NobodyYet />;
        const List = filters.look === "cards" || phone ? ModelCards : ModelTable;
        return (
          <Stack gap="xs" aria-busy={query.isPlaceholderData} miw={0}>
            <Text size="sm" c="dimmed" aria-live="polite">
              {t(hasNextPage ? "directory.shownSoFar" : "directory.shown", {
                number: formats.number(models.length),
              })}
            </Text>
            <List models={models} more={hasNextPage} needMore={needMore} />
          </Stack>
        );
      }}
    </QueryView>
  );
}

function NothingFound() {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("common.nothingFound")}
      hint={t("common.nothingFoundHint")}
      action={
        <ButtonLink to="/models" search={{}} variant="default">
          {t("common.clearFilters")}
        </ButtonLink>
      }
    />
  );
}

function NobodyYet() {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <EmptyState
      title={t("catalog.nobodyYet")}
      hint={t("catalog.nobodyYetHint")}
      action={
        <Stack>
          {may("model.write") && <ButtonLink to="/register">{t("register.action")}</ButtonLink>}
          <CopyBlock text="aird models add support/assistant ./my-model" what={t("catalog.addCommand")} />
        </Stack>
      }
    />
  );
}
