import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Request } from "../../../api/types";
import { ButtonLink, PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import {
  endpointChoicesQuery,
  matchesQuery,
  type Option,
  offerQuery,
  useChoose,
  useOrder,
  useReopen,
} from "../api";
import { OfferView } from "./OfferView";

interface Props {
  request: Request;
  /** Whether the reader may choose, and change what was chosen. */
  may: boolean;
}

/** The offer of a request: read, chosen from, ordered. */
export function OfferSection({ request, may }: Props) {
  const { t } = useTranslation();
  const { number, option } = request;
  const matches = useQuery(matchesQuery(number));
  const offer = useQuery(offerQuery(number, matches.data?.items.length ?? 0));
  const choose = useChoose(number, t("requests.choiceKept"));
  const reopen = useReopen(number);
  const open = may && option === null;
  return (
    <Section
      title={t("requests.step.offer")}
      term={t("requests.offerTerm")}
      actions={
        may &&
        option !== null && (
          <Button variant="default" loading={reopen.isPending} onClick={() => reopen.mutate()}>
            {t("requests.reopen")}
          </Button>
        )
      }
    >
      <QueryView query={offer}>
        {(found) => {
          const chosen = found.options.find((each) => each.key === option);
          return (
            <Stack>
              {chosen && may && request.state === "building" && <Order request={request} option={chosen} />}
              <OfferView
                offer={found}
                chosen={option}
                onChoose={open ? (key) => choose.mutate(key) : undefined}
              />
            </Stack>
          );
        }}
      </QueryView>
    </Section>
  );
}

/** What has to be done for the chosen option, by whoever may. */
function Order({ request, option }: { request: Request; option: Option }) {
  const { t } = useTranslation();
  const may = useMay();
  const reuse = option.way === "reuse";
  const order = useOrder(request.number, t(reuse ? "requests.askedFor" : "requests.ordered"));
  const endpoints = useQuery(endpointChoicesQuery);
  const [endpoint, setEndpoint] = useState<string | null>(request.present);
  const own = (endpoints.data?.items ?? []).filter((each) => each.department === request.department);
  const made = request.timeline.findLast((each) => each.data.what === "made")?.data.version;
  if (request.work_job !== null) {
    return (
      <Group>
        <Text size="sm">{t(made ? "requests.workMade" : "requests.workOrdered")}</Text>
        <PageLink to="/jobs/$id" params={{ id: request.work_job }} size="sm">
          {t("requests.jobPage")}
        </PageLink>
        {made !== undefined && (
          <ButtonLink
            to="/requests/new"
            search={{ version: String(made), request: request.number }}
            size="xs"
          >
            {t("requests.proposeMade")}
          </ButtonLink>
        )}
      </Group>
    );
  }
  if (reuse) {
    return (
      <Group align="flex-end">
        <Select
          label={t("requests.endpoint")}
          description={t("requests.endpointHint")}
          data={own.map((each) => ({ value: each.name, label: `${each.title} (${each.name})` }))}
          value={endpoint}
          onChange={setEndpoint}
          nothingFoundMessage={t("common.nothingFound")}
          searchable
        />
        <Button disabled={!endpoint} loading={order.isPending} onClick={() => order.mutate(endpoint)}>
          {t("requests.sendForApproval")}
        </Button>
      </Group>
    );
  }
  if (!may("job.run", request.department)) return <Text size="sm">{t("requests.staffOrders")}</Text>;
  return (
    <Group>
      <Button loading={order.isPending} onClick={() => order.mutate(null)}>
        {t("requests.orderWork")}
      </Button>
      <Text size="sm">{t("requests.orderHint")}</Text>
    </Group>
  );
}
