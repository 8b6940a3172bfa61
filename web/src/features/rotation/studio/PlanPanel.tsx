import { Badge, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../../../components/ErrorBox";
import { Facts } from "../../../components/Facts";
import { EndpointLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Restrictions } from "../../../components/Restrictions";
import { Section } from "../../../components/Section";
import { Findings } from "../../../components/studio/Findings";
import { useFormats } from "../../../lib/useFormats";
import type { Plan } from "../api";
import { Exactness } from "./Exactness";

interface Query {
  data: Plan | undefined;
  error: Error | null;
  refetch: () => unknown;
  isPlaceholderData: boolean;
}

/** What the recipe would do; asked for again with every change. */
export function PlanPanel({ query, asked }: { query: Query; asked: boolean }) {
  const { t } = useTranslation();
  return (
    <Section title={t("rotation.plan")} term={t("rotation.planTerm")}>
      {!asked ? (
        <Text size="sm" c="dimmed">
          {t("rotation.planWaits")}
        </Text>
      ) : query.error ? (
        <ErrorBox error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div aria-live="polite" aria-busy={query.isPlaceholderData}>
          <QueryView query={query}>{(plan) => <Planned plan={plan} />}</QueryView>
        </div>
      )}
    </Section>
  );
}

function Planned({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Exactness exact={plan.exact} />
        <Badge variant="default" tt="none" fw={500}>
          {t(`rotation.engine.${plan.engine}`)}
        </Badge>
      </Group>
      <Text size="sm">{plan.statement}</Text>
      <Findings of="rotation" findings={plan.findings} />
      {plan.notes.map((note) => (
        <Text key={note} size="sm" c="dimmed">
          {note}
        </Text>
      ))}
      <Facts
        facts={[
          [t("catalog.base"), plan.base && <VersionLink value={plan.base} />],
          [t("rotation.outcome"), t(`rotation.output.${plan.output}`)],
          [t("rotation.rank"), plan.output === "adapter" && formats.number(plan.rank)],
          [t("catalog.parameters"), formats.short(plan.parameters)],
          [t("catalog.size"), formats.bytes(plan.bytes)],
          [t("catalog.license"), plan.license],
          [t("rotation.seconds"), formats.duration(Math.round(plan.seconds))],
          [t("rotation.memory"), formats.bytes(plan.memory_bytes)],
          [t("rotation.energyUse"), t("rotation.wattHours", { number: formats.measure(plan.watt_hours) })],
        ]}
      />
      <Restrictions restrictions={plan.restrictions} />
      <Endpoints endpoints={plan.endpoints} />
    </Stack>
  );
}

function Endpoints({ endpoints }: { endpoints: Plan["endpoints"] }) {
  const { t } = useTranslation();
  if (endpoints.length === 0) return null;
  return (
    <div>
      <Text size="xs" c="dimmed">
        {t("rotation.endpoints")}
      </Text>
      {endpoints.map(({ endpoint, fits, reason }) => (
        <Text key={endpoint} size="sm">
          <EndpointLink value={endpoint} />: {fits ? t("rotation.endpointFits") : reason}
        </Text>
      ))}
    </div>
  );
}
