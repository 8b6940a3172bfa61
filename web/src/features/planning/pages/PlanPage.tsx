import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { CareerPlan } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useSaid } from "../../../lib/useSaid";
import { type PlanName, planQuery, useAdvancePlan, useCancelPlan } from "../api";
import { Board } from "../components/Board";
import { Matrix } from "../components/Matrix";
import { PlanPane } from "../components/PlanPane";
import { Role } from "../components/Role";
import { Saving } from "../components/Saving";

const route = getRouteApi("/shell/plans/$department/$name");

export function PlanPage(): ReactNode {
  const name = route.useParams();
  const plan = useQuery(planQuery(name));
  return (
    <QueryView query={plan} heading={`${name.department}/${name.name}`}>
      {(found) => <Shown plan={found} name={name} />}
    </QueryView>
  );
}

function Shown({ plan, name }: { plan: CareerPlan; name: PlanName }): ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const said = useSaid();
  return (
    <Stack>
      <PageHeader
        title={plan.title}
        term={plan.name}
        badge={<StateBadge of="plan" state={plan.state} />}
        description={t("plans.revision", { number: plan.revision })}
        actions={
          <>
            {may("job.run", plan.department) && <Actions plan={plan} name={name} />}
            <CopyAs
              what={plan.name}
              cli={`aird plans get ${plan.name}`}
              python={`plan = client.plans.get("${plan.name}")`}
              api={`/api/v1/plans/${plan.name}`}
              yaml={plan.yaml ?? plan}
            />
          </>
        }
      />
      {plan.state === "stopped" && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t("plans.stoppedTitle")}>
          {plan.reason && <Text size="sm">{said(plan.reason)}</Text>}
          <Text size="sm">{t("plans.stoppedHint")}</Text>
        </Alert>
      )}
      <Section title={t("plans.board")} term={t("plans.boardTerm")}>
        <Board plan={plan} />
      </Section>
      <Role plan={plan} />
      <Matrix plan={plan} />
      <Saving saving={plan.saving} />
      {plan.yaml !== null && may("job.run", plan.department) && (
        <PlanPane key={plan.revision} yaml={plan.yaml} />
      )}
    </Stack>
  );
}

function Actions({ plan, name }: { plan: CareerPlan; name: PlanName }): ReactNode {
  const { t } = useTranslation();
  const advance = useAdvancePlan(name, t("plans.advanced"));
  const cancel = useCancelPlan(name, t("plans.cancelled"));
  if (plan.state === "succeeded" || plan.state === "cancelled") return null;
  return (
    <>
      <Button variant="default" loading={advance.isPending} onClick={() => advance.mutate(undefined)}>
        {t("plans.advance")}
      </Button>
      <ReasonButton
        variant="default"
        label={t("plans.cancel")}
        explanation={t("plans.cancelHint")}
        onConfirm={(reason) => cancel.mutateAsync(reason)}
      />
    </>
  );
}
