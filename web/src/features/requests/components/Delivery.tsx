import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Request } from "../../../api/types";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { useAccept, useGiveBack, votesQuery } from "../api";
import { NamedEndpoint } from "./NamedEndpoint";
import { Tried } from "./Tried";

interface Props {
  request: Request;
  may: boolean;
  children: (endpoint: string) => ReactNode;
}

/** What was delivered: to be tried, then accepted or given back; afterwards its key, its snippet, its use. */
export function Delivery({ request, may, children }: Props) {
  const { t } = useTranslation();
  const accept = useAccept(request.number, t("requests.acceptedDone"));
  const giveBack = useGiveBack(request.number, t("requests.givenBack"));
  const { endpoint, state } = request;
  const tried = state === "delivered" || state === "accepted";
  const votes = useQuery({ ...votesQuery(request.number), enabled: tried }).data;
  if (!endpoint || !tried) return null;
  return (
    <Section title={t("requests.delivery")} term={t("requests.deliveryTerm")}>
      <Text size="sm" component="div">
        {t(state === "delivered" ? "requests.tryIt" : "requests.isYours")}
        <NamedEndpoint name={endpoint} />
      </Text>
      <Tried request={request} endpoint={endpoint} />
      {state === "delivered" && may && (
        <Group>
          <ReasonButton
            label={t("requests.accept")}
            explanation={t(votes?.verdict === "worse" ? "requests.acceptAgainstHint" : "requests.acceptHint")}
            optional={votes?.verdict !== "worse"}
            onConfirm={(note) => accept.mutateAsync(note)}
          />
          <ReasonButton
            label={t("requests.giveBack")}
            explanation={t("requests.giveBackHint")}
            variant="default"
            onConfirm={(reason) => giveBack.mutateAsync(reason)}
          />
        </Group>
      )}
      {children(endpoint)}
    </Section>
  );
}
