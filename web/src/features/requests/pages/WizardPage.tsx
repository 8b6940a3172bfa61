import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Request } from "../../../api/types";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { requestQuery, useTryVersions } from "../api";
import { FEWEST_EXAMPLES, type Step } from "../states";
import { ConfirmStep, MatchStep, OfferStep } from "../wizard/LaterSteps";
import { NeedStep } from "../wizard/NeedStep";
import { Steps } from "../wizard/Steps";

const route = getRouteApi("/shell/requests/new");

/** A need in four steps. It is kept as a draft from the first on: the address leads back to where it was left. */
export function WizardPage(): ReactNode {
  const { t } = useTranslation();
  const { draft, step = "need" } = route.useSearch();
  return (
    <Stack maw={960}>
      <PageHeader
        title={t("requests.new")}
        term={t("requests.newTerm")}
        description={t("requests.wizardHint")}
      />
      <Steps step={draft === undefined ? "need" : step} draft={draft} />
      {draft === undefined ? <First /> : <Draft number={draft} step={step} />}
    </Stack>
  );
}

function useGo() {
  const navigate = route.useNavigate();
  return (draft: number, step: Step) => void navigate({ search: { draft, step } });
}

function First() {
  return <Need />;
}

function Draft({ number, step }: { number: number; step: Step }) {
  const request = useQuery(requestQuery(number));
  const go = useGo();
  const to = (next: Step) => () => go(number, next);
  return (
    <QueryView query={request} lines={8}>
      {(found) => {
        if (step === "matches") return <MatchStep request={found} back={to("need")} next={to("offer")} />;
        if (step === "offer") return <OfferStep request={found} back={to("matches")} next={to("confirm")} />;
        if (step === "confirm") return <ConfirmStep request={found} back={to("offer")} />;
        return <Need key={found.id} draft={found} />;
      }}
    </QueryView>
  );
}

/** The first step; enough examples are tried at once, so that the next page has something to say. */
function Need({ draft }: { draft?: Request }) {
  const go = useGo();
  const attempt = useTryVersions(draft?.number ?? 0);
  const kept = (request: Request) => {
    const changed = JSON.stringify(request.examples) !== JSON.stringify(draft?.examples ?? []);
    go(request.number, "matches");
    if (draft && changed && request.examples.length >= FEWEST_EXAMPLES) attempt.mutate();
  };
  return <NeedStep draft={draft} onKept={kept} />;
}
