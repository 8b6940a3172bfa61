import { Accordion, Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { EmptyState } from "../../../components/EmptyState";
import { PageLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useSaid as useReadBack } from "../../../lib/useSaid";
import { type Matches as Found, matchesQuery, type Tried, useTryVersions } from "../api";
import { useSaid } from "../useSaid";
import { Range } from "./Range";

interface Props {
  number: number;
  /** Whether the reader may have versions tried (again). */
  may: boolean;
}

/** What existing versions answered to the request's own examples, with the reason for each place. */
export function Matches({ number, may }: Props) {
  const matches = useQuery(matchesQuery(number));
  return <QueryView query={matches}>{(found) => <View number={number} may={may} found={found} />}</QueryView>;
}

function View({ number, may, found }: Props & { found: Found }) {
  const { t } = useTranslation();
  const readBack = useReadBack();
  const again = useTryVersions(number);
  const busy = found.state === "queued" || found.state === "running";
  const few = found.examples < found.fewest;
  const button = may && !few && !busy && (
    <Button
      variant={found.items.length > 0 ? "default" : "filled"}
      loading={again.isPending}
      onClick={() => again.mutate()}
    >
      {t(found.job ? "requests.tryAgain" : "requests.tryNow")}
    </Button>
  );
  if (few) return <Text size="sm">{t("requests.fewExamples", { fewest: found.fewest })}</Text>;
  return (
    <Stack gap="sm">
      <div aria-live="polite">
        {found.job && (busy || found.state !== "succeeded") && (
          <Group gap="xs">
            <StateBadge of="job" state={found.state} />
            <Text size="sm">
              {readBack(found.reason)} <Since at={found.since} />
            </Text>
            <PageLink to="/jobs/$id" params={{ id: found.job }} size="sm">
              {t("requests.jobPage")}
            </PageLink>
          </Group>
        )}
        {found.stale && (
          <Alert color="orange" icon={<IconInfoCircle aria-hidden />}>
            {t("requests.stale")}
          </Alert>
        )}
        {found.items.length > 0 && (
          <Text size="sm" c="dimmed">
            {t(found.scorer === "exact" ? "requests.markedExact" : "requests.markedF1", {
              n: found.examples,
            })}
          </Text>
        )}
      </div>
      {found.items.length === 0 && !busy ? (
        <EmptyState title={t("requests.notTried")} hint={t("requests.notTriedHint")} action={button} />
      ) : (
        <>
          <Accordion variant="separated" multiple>
            {found.items.map((tried, place) => (
              <Candidate key={tried.ref} tried={tried} place={place + 1} floor={found.floor} />
            ))}
          </Accordion>
          {button && <Group>{button}</Group>}
        </>
      )}
      {found.left_out.length > 0 && (
        <DataTable
          caption={t("requests.leftOut")}
          rows={found.left_out}
          rowKey={(each) => each.ref}
          columns={[
            { key: "ref", header: t("requests.leftOut"), render: (each) => each.ref },
            { key: "reason", header: t("common.reason"), render: (each) => readBack(each.reason) },
          ]}
        />
      )}
    </Stack>
  );
}

function Candidate({ tried, place, floor }: { tried: Tried; place: number; floor: number }) {
  const { t } = useTranslation();
  const readBack = useReadBack();
  const formats = useFormats();
  const said = useSaid();
  return (
    <Accordion.Item value={tried.ref}>
      <Accordion.Control>
        <Group justify="space-between" gap="xs">
          <Text fw={600} style={{ overflowWrap: "anywhere" }}>
            {place}. {readBack(tried.title)}{" "}
            <Text span c="dimmed">
              {tried.ref}
            </Text>
          </Text>
          <Text size="sm">
            {formats.percent(tried.score)} ({formats.interval(tried.low, tried.high)})
          </Text>
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <Stack gap="sm">
          <Range span={{ low: tried.low, mid: tried.score, high: tried.high }} floor={floor} />
          <List size="sm" aria-label={t("requests.why")}>
            {tried.reasons.map((each) => (
              <List.Item key={each.code}>{said(each)}</List.Item>
            ))}
          </List>
          <Text size="sm">
            <VersionLink value={tried.ref} /> · <Department of={tried.department} /> ·{" "}
            {t("requests.parameters", { n: formats.short(tried.parameters) })} ·{" "}
            {t("requests.perAnswer", { time: formats.number(tried.milliseconds) })}
          </Text>
          {tried.answers === null ? (
            <Text size="sm" c="dimmed">
              {t("requests.answersHidden", { department: tried.department })}
            </Text>
          ) : (
            <DataTable
              caption={t("requests.answersOf", { version: tried.ref })}
              rows={tried.answers.map((each, at) => ({ ...each, at }))}
              rowKey={(each) => each.at}
              columns={[
                { key: "question", header: t("requests.question"), render: (each) => each.question },
                { key: "wanted", header: t("requests.answer"), render: (each) => each.wanted },
                { key: "answer", header: t("requests.answered"), render: (each) => each.answer || "–" },
                {
                  key: "score",
                  header: t("requests.points"),
                  numeric: true,
                  render: (each) => formats.percent(each.score),
                },
              ]}
            />
          )}
        </Stack>
      </Accordion.Panel>
    </Accordion.Item>
  );
}
