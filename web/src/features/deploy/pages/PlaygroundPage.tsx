import { Alert, Group, MultiSelect, Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import type { RenderFeedback } from "../components/Playground";
import { type Choice, choicesQuery, triedRequestQuery } from "../playground/api";
import { Composer } from "../playground/Composer";
import { RoundView } from "../playground/RoundView";
import { MOST, resolved } from "../playground/rounds";
import { TriedRequest } from "../playground/TriedRequest";
import { useRounds } from "../playground/useRounds";
import type { Sampling } from "../useChat";

const route = getRouteApi("/shell/playground");

/** `feedback` renders the thumbs under an answer. */
export function PlaygroundPage({ feedback }: { feedback: RenderFeedback }): ReactNode {
  const { t } = useTranslation();
  const choices = useQuery(choicesQuery);
  return (
    <Stack>
      <PageHeader
        title={t("playground.title")}
        term={t("playground.term")}
        description={t("playground.hint")}
      />
      <QueryView query={choices}>
        {({ items }) =>
          items.length === 0 ? <NobodyAnswers /> : <Bench choices={items} feedback={feedback} />
        }
      </QueryView>
    </Stack>
  );
}

function NobodyAnswers() {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <EmptyState
      title={t("playground.nobody")}
      hint={t("playground.nobodyHint")}
      action={
        may("endpoint.manage") ? (
          <ButtonLink to="/endpoints">{t("playground.toEndpoints")}</ButtonLink>
        ) : (
          <ButtonLink to="/requests/new">{t("playground.toRequest")}</ButtonLink>
        )
      }
    />
  );
}

function Bench({ choices, feedback }: { choices: Choice[]; feedback: RenderFeedback }) {
  const { t } = useTranslation();
  const { compare, blind, request } = route.useSearch();
  const navigate = route.useNavigate();
  const { rounds, busy, send, stop, clear } = useRounds();
  const [system, setSystem] = useState("");
  const usual = choices.filter((each) => each.role === "endpoint").slice(0, 2);
  const { models, missing } = resolved(compare ?? usual.map((each) => each.model), choices);
  const asking = useQuery({ ...triedRequestQuery(request ?? 0), enabled: request !== undefined }).data;
  const several = models.length > 1;
  const roles = {
    endpoint: "",
    baseline: t("playground.role.baseline"),
    candidate: t("playground.role.candidate"),
  };
  const ready = models.length > 0;

  function ask(text: string, sampling: Sampling, wanted?: string) {
    if (busy || !ready) return;
    void send({ text, wanted, models, system, sampling, blind: several && blind === "yes" });
  }

  return (
    <>
      {request !== undefined && (
        <TriedRequest
          number={request}
          ready={ready && !busy}
          onAsk={(question, wanted) => ask(question, { temperature: 0, maxTokens: 256 }, wanted)}
        />
      )}
      {missing.length > 0 && (
        <Alert color="yellow" title={t("playground.notThere")}>
          {missing.join(", ")}
        </Alert>
      )}
      <Group align="flex-end" gap="md">
        <MultiSelect
          // A long name is cut before it pushes the page wider than a phone.
          miw={0}
          maw="100%"
          styles={{ pill: { maxWidth: "min(100%, 70vw)" } }}
          label={t("playground.who")}
          description={t("playground.whoHint", { most: MOST })}
          data={options(choices, roles)}
          value={models}
          onChange={(chosen) =>
            void navigate({ search: (old) => ({ ...old, compare: chosen }), replace: true })
          }
          maxValues={MOST}
          disabled={busy}
          searchable
          hidePickedOptions
          flex="1 1 20rem"
          nothingFoundMessage={t("playground.noneFound")}
        />
        <Switch
          label={t("playground.blind")}
          checked={several && blind === "yes"}
          disabled={!several || busy}
          onChange={(event) => {
            const chosen = event.currentTarget.checked ? ("yes" as const) : undefined;
            void navigate({ search: (old) => ({ ...old, blind: chosen }), replace: true });
          }}
          pb={8}
        />
      </Group>
      <Section title={t("deploy.conversation")}>
        <Stack gap="lg" role="log" aria-label={t("deploy.conversation")} aria-busy={busy}>
          {rounds.length === 0 && (
            <Text size="sm" c="dimmed">
              {t(ready ? "playground.begin" : "playground.chooseSomebody")}
            </Text>
          )}
          {rounds.map((round, index) => (
            <RoundView
              // biome-ignore lint/suspicious/noArrayIndexKey: rounds are only ever added at the end
              key={index}
              round={round}
              before={rounds.slice(0, index)}
              system={system}
              choices={choices}
              tried={asking?.state === "delivered" ? asking : undefined}
              feedback={feedback}
            />
          ))}
        </Stack>
        <Composer
          ready={ready}
          busy={busy}
          started={rounds.length > 0}
          system={system}
          onSystem={setSystem}
          onSend={ask}
          onStop={stop}
          onClear={clear}
        />
      </Section>
    </>
  );
}

function options(choices: Choice[], roles: Record<Choice["role"], string>) {
  return choices.map(({ model, title, endpoint, version, role }) => ({
    value: model,
    label: role === "endpoint" ? `${title} (${endpoint}) · ${version}` : `${version} · ${roles[role]}`,
  }));
}
