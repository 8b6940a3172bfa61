import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay, useMe } from "../../../api/session";
import type { Request } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { requestQuery, useWithdraw } from "../api";
import { Conversation } from "../components/Conversation";
import { Delivery } from "../components/Delivery";
import { Matches } from "../components/Matches";
import { Examples, NeedFacts } from "../components/NeedFacts";
import { OfferSection } from "../components/OfferSection";
import { CHOOSING, KEPT } from "../states";
import { useWord } from "../useSaid";

const route = getRouteApi("/shell/requests/$number");

interface Slots {
  /** The approval that belongs to the request. */
  decision: (request: number) => ReactNode;
  /** How the endpoint is called, with its keys, and what it was used for. */
  serving: (endpoint: string) => ReactNode;
}

export function RequestPage(slots: Slots): ReactNode {
  const { number } = route.useParams();
  const request = useQuery(requestQuery(Number(number)));
  return (
    <QueryView query={request} lines={8} heading={`#${number}`}>
      {(found) => <RequestView request={found} {...slots} />}
    </QueryView>
  );
}

function RequestView({ request, decision, serving }: { request: Request } & Slots) {
  const { t } = useTranslation();
  const may = useMay();
  const word = useWord();
  const me = useMe().person;
  const writes = may("request.write", request.department);
  const choosing = CHOOSING.includes(request.state);
  return (
    <Stack>
      <PageHeader
        title={`#${request.number} ${request.title}`}
        term={t("requests.requestTerm")}
        badge={<StateBadge of="request" state={request.state} />}
        description={
          request.waits_for && (
            <Text size="sm">
              {request.waits_for === "acceptance" && request.requester !== me.username
                ? t("requests.waitsForAsker", { person: request.requester })
                : word("waits", request.waits_for)}{" "}
              · <Since at={request.since} />
            </Text>
          )
        }
        actions={
          <>
            {request.state === "draft" && writes && (
              <ButtonLink to="/requests/new" search={{ draft: request.number, step: "need" }}>
                {t("requests.writeOn")}
              </ButtonLink>
            )}
            <Copied request={request} />
            {writes && !KEPT.includes(request.state) && <Withdraw number={request.number} />}
          </>
        }
      />
      <Delivery request={request} may={writes}>
        {serving}
      </Delivery>
      {decision(request.number)}
      <Section title={t("requests.need")}>
        <Text style={{ whiteSpace: "pre-line" }}>{request.need}</Text>
        <NeedFacts request={request} />
        <Examples request={request} />
      </Section>
      {(choosing || request.option) && <OfferSection request={request} may={writes && choosing} />}
      {request.match_job && (
        <Section title={t("requests.step.matches")} term={t("requests.matchesTerm")}>
          <Matches number={request.number} may={writes && choosing} />
        </Section>
      )}
      <Conversation request={request} may={writes} />
    </Stack>
  );
}

function Withdraw({ number }: { number: number }) {
  const { t } = useTranslation();
  const withdraw = useWithdraw(number, t("requests.withdrawn"));
  return (
    <ReasonButton
      label={t("requests.withdraw")}
      explanation={t("requests.withdrawHint")}
      variant="default"
      onConfirm={(reason) => withdraw.mutateAsync(reason)}
    />
  );
}

function Copied({ request }: { request: Request }) {
  const { timeline: _, ...shown } = request;
  return (
    <CopyAs
      what={`#${request.number}`}
      cli={`aird requests get ${request.number}\naird requests offer ${request.number}`}
      python={`client.requests.get(${request.number})`}
      api={`/api/v1/requests/${request.number}`}
      yaml={shown}
    />
  );
}
