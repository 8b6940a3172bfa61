import { Button, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { EndpointDetail } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { OPEN, rolloutsQuery } from "../deliveryApi";
import { RouteTable } from "./RouteTable";
import { StartTrial } from "./StartTrial";
import { Trial } from "./Trial";

interface Props {
  endpoint: EndpointDetail;
  name: string;
  /** The trial that the address names; without one, what goes on is shown. */
  chosen: number | undefined;
  onChoose: (number: number) => void;
}

/** Where callers go, the trial that goes on, and those that were. */
export function TrialSection({ endpoint, name, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  const may = useMay();
  const { department } = endpoint;
  const rollouts = useQuery(rolloutsQuery(department, name));
  const open = rollouts.data?.items.find(({ state }) => OPEN.includes(state));
  const shown = chosen ?? open?.number;
  const mayStart = may("endpoint.manage", department) && endpoint.current !== null && rollouts.data && !open;
  return (
    <Section
      title={t("delivery.title")}
      term={t("delivery.term")}
      actions={mayStart && <StartTrial endpoint={endpoint} name={name} />}
    >
      <RouteTable department={department} name={name} />
      {shown !== undefined && <Trial key={shown} department={department} name={name} number={shown} />}
      <QueryView query={rollouts} lines={1}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("delivery.hint")}
            </Text>
          ) : (
            <Stack gap="xs">
              <Title order={3} size="h5">
                {t("delivery.past")}
              </Title>
              <DataTable
                caption={t("delivery.past")}
                rows={items}
                rowKey={(each) => each.number}
                columns={[
                  {
                    key: "number",
                    header: "#",
                    render: (each) => (
                      <Button
                        variant="subtle"
                        size="compact-sm"
                        aria-label={t("delivery.show", { number: each.number })}
                        aria-pressed={each.number === shown}
                        onClick={() => onChoose(each.number)}
                      >
                        {formats.number(each.number)}
                      </Button>
                    ),
                  },
                  {
                    key: "candidate",
                    header: t("deploy.version"),
                    render: (each) => <VersionLink value={each.candidate.version} />,
                  },
                  {
                    key: "kind",
                    header: t("delivery.kind"),
                    render: (each) => t(`delivery.kinds.${each.kind}`),
                  },
                  {
                    key: "state",
                    header: t("common.state"),
                    render: (each) => <StateBadge of="rollout" state={each.state} />,
                  },
                  { key: "reason", header: t("common.reason"), render: (each) => said(each.reason) || "–" },
                  {
                    key: "ended",
                    header: t("delivery.ended"),
                    nowrap: true,
                    render: (each) => formats.date(each.ended_at),
                  },
                ]}
              />
            </Stack>
          )
        }
      </QueryView>
    </Section>
  );
}
