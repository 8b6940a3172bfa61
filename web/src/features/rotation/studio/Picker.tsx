import { Button, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { FilterBar, FilterText } from "../../../components/FilterBar";
import { ButtonLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { useSaid } from "../../../components/studio/useSaid";
import { useFormats } from "../../../lib/useFormats";
import { type Candidate, candidatesQuery } from "../api";

const PAGE = 20;
const MOST = 200;

interface Props {
  chosen: string[];
  onPick: (candidate: Candidate) => void;
}

/** Adapters to choose from: those that fit what is chosen come first, the others say why they do not. */
export function Picker({ chosen, onPick }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [typed, setTyped] = useState("");
  const [limit, setLimit] = useState(PAGE);
  const found = useQuery(candidatesQuery(chosen, typed, limit));
  return (
    <Stack gap="sm" role="group" aria-label={t("rotation.picker")}>
      <FilterBar>
        <FilterText label={t("common.search")} value={typed} onChange={(text) => setTyped(text ?? "")} />
      </FilterBar>
      <QueryView query={found} lines={4}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Nobody searched={typed !== ""} />
          ) : (
            <>
              <Candidates items={items} chosen={chosen} onPick={onPick} />
              <Group justify="space-between">
                <Text size="sm" c="dimmed" aria-live="polite">
                  {t("rotation.candidatesShown", {
                    shown: formats.number(items.length),
                    all: formats.number(total),
                  })}
                </Text>
                {items.length < total && limit < MOST && (
                  <Button
                    variant="default"
                    size="xs"
                    loading={found.isFetching}
                    onClick={() => setLimit(Math.min(MOST, limit * 2))}
                  >
                    {t("common.more")}
                  </Button>
                )}
              </Group>
            </>
          )
        }
      </QueryView>
    </Stack>
  );
}

function Nobody({ searched }: { searched: boolean }) {
  const { t } = useTranslation();
  if (searched) return <EmptyState title={t("common.nothingFound")} hint={t("common.nothingFoundHint")} />;
  return (
    <EmptyState
      title={t("rotation.noAdapters")}
      hint={t("rotation.noAdaptersHint")}
      action={<ButtonLink to="/register">{t("register.action")}</ButtonLink>}
    />
  );
}

function Candidates({ items, chosen, onPick }: { items: Candidate[] } & Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const said = useSaid("rotation");
  return (
    <DataTable
      caption={t("rotation.picker")}
      rows={items}
      rowKey={({ ref }) => ref}
      columns={[
        {
          key: "ref",
          header: t("rotation.adapter"),
          render: ({ ref, title, state, features }) => (
            <>
              {ref} <StateBadge of="version" state={state} />
              <Text size="xs" c="dimmed">
                {[title, ...features].join(" · ")}
              </Text>
            </>
          ),
        },
        {
          key: "rank",
          header: t("rotation.rank"),
          numeric: true,
          render: ({ rank }) => formats.number(rank),
        },
        {
          key: "skills",
          header: t("catalog.topSkills"),
          render: ({ skills }) =>
            Object.entries(skills)
              .sort(([, a], [, b]) => b - a)
              .slice(0, 2)
              .map(([suite, score]) => (
                <div key={suite}>
                  {suite} {formats.percent(score)}
                </div>
              )),
        },
        {
          key: "pick",
          header: t("rotation.fits"),
          render: (candidate) =>
            chosen.includes(candidate.ref) ? (
              <Group gap={4} wrap="nowrap">
                <IconCheck size={16} aria-hidden /> {t("rotation.chosen")}
              </Group>
            ) : candidate.compatible ? (
              <Button
                size="compact-sm"
                variant="light"
                leftSection={<IconPlus size={14} aria-hidden />}
                aria-label={t("rotation.add", { ref: candidate.ref })}
                onClick={() => onPick(candidate)}
              >
                {t("rotation.addShort")}
              </Button>
            ) : (
              <Text size="sm" miw="11rem">
                {said("why", candidate.code ?? "", candidate.reason ?? "")}
              </Text>
            ),
        },
      ]}
    />
  );
}
