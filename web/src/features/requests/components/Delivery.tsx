import { Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Request } from "../../../api/types";
import { EndpointLink } from "../../../components/Links";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { useAccept, useGiveBack } from "../api";

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
  if (!endpoint || (state !== "delivered" && state !== "accepted")) return null;
  return (
    <Section title={t("requests.delivery")} term={t("requests.deliveryTerm")}>
      <Text size="sm">
        {t(state === "delivered" ? "requests.tryIt" : "requests.isYours")} <EndpointLink value={endpoint} />
      </Text>
      {state === "delivered" && may && (
        <Group>
          <ReasonButton
            label={t("requests.accept")}
            explanation={t("requests.acceptHint")}
            optional
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
