import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Request } from "../../../api/types";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { matchesQuery, offerQuery, useChoose, useSend, useTryVersions } from "../api";
import { Matches } from "../components/Matches";
import { NeedFacts } from "../components/NeedFacts";
import { OfferView } from "../components/OfferView";
import { OptionCard } from "../components/OptionCard";
import { FEWEST_EXAMPLES } from "../states";

interface Props {
  request: Request;
  back: () => void;
}

/** Existing versions on these very examples; the first look has them tried without being asked. */
export function MatchStep({ request, back, next }: Props & { next: () => void }) {
  const { t } = useTranslation();
  const matches = useQuery(matchesQuery(request.number));
  const attempt = useTryVersions(request.number);
  const asked = useRef(false);
  const fresh = matches.data?.state === "none" && request.examples.length >= FEWEST_EXAMPLES;
  const start = attempt.mutate;
  // Until the job is there, "nothing was tried yet" would be the wrong thing to say.
  const starting = fresh && !attempt.isError;
  useEffect(() => {
    if (!fresh || asked.current) return;
    asked.current = true;
    start();
  }, [fresh, start]);
  return (
    <Section title={t("requests.step.matches")} term={t("requests.matchesTerm")}>
      <Text size="sm">
        {t(matches.data?.state === "succeeded" ? "requests.matchesDone" : "requests.matchesHint")}
      </Text>
      {starting ? (
        <Loader aria-label={t("common.loading")} size="sm" />
      ) : (
        <Matches number={request.number} may />
      )}
      <Buttons back={back}>
        <Button onClick={next}>{t("requests.seeOffer")}</Button>
      </Buttons>
    </Section>
  );
}

/** Today's offer; what is chosen is kept with its sums. */
export function OfferStep({ request, back, next }: Props & { next: () => void }) {
  const { t } = useTranslation();
  const offer = useOffer(request.number);
  const choose = useChoose(request.number);
  const chosen = choose.variables ?? request.option;
  return (
    <Section title={t("requests.step.offer")} term={t("requests.offerTerm")}>
      <Text size="sm">{t("requests.offerHint")}</Text>
      <QueryView query={offer}>
        {(found) => <OfferView offer={found} chosen={chosen} onChoose={(key) => choose.mutate(key)} />}
      </QueryView>
      <Buttons back={back}>
        <Button onClick={next} loading={choose.isPending}>
          {t(chosen ? "requests.toConfirm" : "requests.withoutChoice")}
        </Button>
      </Buttons>
    </Section>
  );
}

/** Everything once more, before it is sent. */
export function ConfirmStep({ request, back }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const offer = useOffer(request.number);
  const send = useSend(request.number, t("requests.sent"));
  const option = offer.data?.options.find((each) => each.key === request.option);
  const done = () => void navigate({ to: "/requests/$number", params: { number: String(request.number) } });
  return (
    <Section title={t("requests.step.confirm")}>
      <Text fw={600}>{request.title}</Text>
      <Text style={{ whiteSpace: "pre-line" }}>{request.need}</Text>
      <NeedFacts request={request} />
      {option && offer.data ? (
        <OptionCard option={option} offer={offer.data} chosen selectable={false} />
      ) : (
        <Text size="sm">{t("requests.noneChosen")}</Text>
      )}
      <Text size="sm">{t("requests.afterSending")}</Text>
      <Buttons back={back}>
        <Button loading={send.isPending} onClick={() => send.mutate(undefined, { onSuccess: done })}>
          {t("requests.send")}
        </Button>
      </Buttons>
    </Section>
  );
}

/** The offer, worked out anew when another version has answered. */
function useOffer(number: number) {
  const matches = useQuery(matchesQuery(number));
  return useQuery(offerQuery(number, matches.data?.items.length ?? 0));
}

function Buttons({ back, children }: { back: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Group>
        {children}
        <Button variant="default" onClick={back}>
          {t("requests.back")}
        </Button>
      </Group>
    </Stack>
  );
}
