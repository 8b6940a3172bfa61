import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Version } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { Section } from "../../../components/Section";
import { searchQuery, type Trial, useOrderSearch } from "../api";
import type { Form } from "../recipe/form";
import { askFor } from "../recipe/space";
import type { Studio } from "../studio/useStudio";
import { SearchView } from "./SearchView";
import { SkillsAndFloors } from "./SkillsAndFloors";
import { SpaceForm } from "./SpaceForm";

interface Props {
  studio: Studio;
  form: Form;
  versions: ReadonlyMap<string, Version>;
}

/** What must be kept, and the search for the recipe that keeps it. */
export function SearchSection({ studio, form, versions }: Props) {
  const { t } = useTranslation();
  const { space, setSpace, search, setPlace, yaml } = studio;
  const may = useMay();
  const [picked, setPicked] = useState<number | null>(null);
  const order = useOrderSearch();
  const found = useQuery({ ...searchQuery(search ?? ""), enabled: search !== undefined });
  const parents = form.parents.map(({ ref }) => ref);
  const suites = suitesOf(parents, versions, found.data?.space.suites);
  const trials = found.data?.trials ?? [];
  const shown = trials.find(({ number }) => number === (picked ?? found.data?.best));
  const asked = askFor(space, suites);
  const pick = (trial: Trial) => {
    setPicked(trial.number);
    studio.setYaml(trial.yaml);
  };
  return (
    <Section title={t("rotation.search")} term={t("rotation.searchTerm")}>
      <Text size="sm" c="dimmed">
        {t("rotation.searchHint")}
      </Text>
      <SkillsAndFloors
        suites={suites}
        parents={parents}
        versions={versions}
        space={space}
        trial={shown}
        onChange={setSpace}
      />
      {suites.length > 0 && (
        <Stack gap="sm">
          <details>
            <summary>{t("rotation.whatIsTried")}</summary>
            <Stack gap="sm" mt="sm">
              <SpaceForm space={space} onChange={setSpace} />
            </Stack>
          </details>
          {order.error && <ErrorBox error={order.error} />}
          {may("job.run") && (
            <Group>
              <Button
                variant={search ? "default" : "light"}
                disabled={asked.suites.length === 0 || parents.length === 0}
                loading={order.isPending}
                onClick={() =>
                  order.mutate(
                    { yaml, search: asked },
                    {
                      onSuccess: (job) => {
                        setPicked(null);
                        setPlace({ search: job.id });
                      },
                    },
                  )
                }
              >
                {t(search ? "rotation.searchAgain" : "rotation.searchButton")}
              </Button>
            </Group>
          )}
        </Stack>
      )}
      {search && <SearchView query={found} id={search} picked={picked} onPick={pick} />}
    </Section>
  );
}

/** Every suite that a parent was examined on, and those of the search on show. */
function suitesOf(parents: string[], versions: ReadonlyMap<string, Version>, more: string[] = []): string[] {
  const own = parents.flatMap((ref) => versions.get(ref)?.skills.map(({ suite }) => suite) ?? []);
  return [...new Set([...own, ...more])].sort();
}
