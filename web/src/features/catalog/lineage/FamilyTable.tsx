import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { VersionLink } from "../../../components/Links";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import type { Family, Kin } from "./graph";

interface Row {
  kin: Kin;
  from: { ref: string; relation: string; weight: number | null }[];
}

const MOST = 500;

/** The same family as a list: each version with the parents it has here. */
export function FamilyTable({ family, focus }: { family: Family; focus: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const parents = new Map<string, Row["from"]>();
  for (const { child, parent, relation, weight } of family.edges) {
    parents.set(child, [...(parents.get(child) ?? []), { ref: parent, relation, weight }]);
  }
  const rows = family.nodes.slice(0, MOST).map((kin): Row => ({ kin, from: parents.get(kin.ref) ?? [] }));
  return (
    <>
      <DataTable
        caption={t("catalog.lineage")}
        rows={rows}
        rowKey={(row) => row.kin.ref}
        columns={[
          {
            key: "ref",
            header: t("catalog.version"),
            render: ({ kin }) => (
              <>
                <VersionLink value={kin.ref} />
                {kin.ref === focus && ` (${t("catalog.shownNow")})`}
              </>
            ),
          },
          { key: "kind", header: t("common.kind"), render: ({ kin }) => label("kind.version", kin.kind) },
          {
            key: "state",
            header: t("common.state"),
            render: ({ kin }) => <StateBadge of="version" state={kin.state} />,
          },
          {
            key: "from",
            header: t("catalog.parents"),
            render: ({ from }) =>
              from.length === 0
                ? "–"
                : from.map((each) => (
                    <div key={`${each.ref} ${each.relation}`}>
                      {label("relation", each.relation)}: {each.ref}
                      {each.weight !== null && ` · ${t("catalog.weight")} ${formats.measure(each.weight)}`}
                    </div>
                  )),
          },
        ]}
      />
      {family.nodes.length > MOST && (
        <Text size="sm" c="dimmed">
          {t("family.tableCut", { number: formats.number(MOST), all: formats.number(family.nodes.length) })}
        </Text>
      )}
    </>
  );
}
