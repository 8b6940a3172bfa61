import { List, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { EvidenceMatrix, Verdict } from "../runtimes/Evidence";
import { Fits } from "../runtimes/Fits";
import { TryForm } from "../runtimes/TryForm";
import { evidenceQuery } from "../runtimesApi";
import { Engines } from "../serving/Engines";

const route = getRouteApi("/shell/runtimes");

/** M models and N chips: what was tried, what should work, and what cannot. */
export function RuntimesPage(): ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const evidence = useQuery(evidenceQuery);
  const { version = "" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Stack>
      <PageHeader title={t("runtimes.title")} term={t("runtimes.term")} description={t("runtimes.hint")} />
      <Fits
        key={version}
        version={version}
        onVersion={(asked) => navigate({ search: { version: asked || undefined } })}
      />
      <Engines />
      <QueryView query={evidence}>
        {({ runtimes, architectures }) => (
          <>
            <Section title={t("runtimes.matrix")} term={t("runtimes.matrixTerm")}>
              <EvidenceMatrix rows={runtimes} />
            </Section>
            <Section title={t("runtimes.architectures")} term={t("runtimes.architecturesTerm")}>
              <List>
                {architectures.map(({ architecture, bases, verified }) => (
                  <List.Item key={architecture}>
                    {t("runtimes.architecture", { architecture, number: bases })}{" "}
                    {verified.length === 0 ? (
                      <Verdict run={null} />
                    ) : (
                      verified.map((run) => <Verdict key={run.id} run={run} />)
                    )}
                  </List.Item>
                ))}
              </List>
            </Section>
          </>
        )}
      </QueryView>
      {may("job.run") && <TryForm />}
    </Stack>
  );
}
