import { Button, Group, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Impact } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { EndpointLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import type { VersionPath } from "../fileApi";
import { affectedQuery } from "../lineageApi";

/** Who has to be looked at when this version is withdrawn: asked for, because it walks the whole tree. */
export function Affected({ version }: { version: VersionPath }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(false);
  const affected = useQuery({ ...affectedQuery(version), enabled: wanted });
  if (!wanted) {
    return (
      <Group>
        <Text size="sm" c="dimmed" flex="1 1 20rem">
          {t("family.affectedHint")}
        </Text>
        <Button variant="default" onClick={() => setWanted(true)}>
          {t("family.askAffected")}
        </Button>
      </Group>
    );
  }
  return <QueryView query={affected}>{(found) => <Found impact={found} />}</QueryView>;
}

function Found({ impact }: { impact: Impact }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  if (impact.total === 0) return <Text size="sm">{t("family.nobodyAffected")}</Text>;
  const states = Object.entries(impact.by_state).map(
    ([state, count]) => `${label("state.version", state)}: ${formats.number(count)}`,
  );
  return (
    <Stack gap="sm">
      <Text size="sm" aria-live="polite">
        {t("family.affected", { number: formats.number(impact.total) })} {states.join(" · ")}
      </Text>
      {impact.endpoints.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            {t("family.affectedEndpoints")}
          </Text>
          <List size="sm">
            {impact.endpoints.map(({ endpoint, ref }) => (
              <List.Item key={`${endpoint} ${ref}`}>
                <EndpointLink value={endpoint} /> · {ref}
              </List.Item>
            ))}
          </List>
        </div>
      )}
      <DataTable
        caption={t("family.affectedTitle")}
        rows={impact.versions}
        rowKey={(row) => row.ref}
        columns={[
          { key: "ref", header: t("catalog.version"), render: (row) => <VersionLink value={row.ref} /> },
          {
            key: "state",
            header: t("common.state"),
            render: (row) => <StateBadge of="version" state={row.state} />,
          },
          { key: "how", header: t("family.how"), render: (row) => label("relation", row.relation) },
          {
            key: "depth",
            header: t("family.steps"),
            numeric: true,
            render: (row) => formats.number(row.depth),
          },
          { key: "aliases", header: t("personnel.aliases"), render: (row) => row.aliases?.join(", ") || "–" },
        ]}
      />
      {(impact.cut || impact.hidden > 0) && (
        <Text size="sm" c="dimmed">
          {t("family.affectedCut", {
            shown: formats.number(impact.versions.length),
            all: formats.number(impact.total),
            hidden: formats.number(impact.hidden),
          })}
        </Text>
      )}
    </Stack>
  );
}
