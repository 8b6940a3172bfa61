import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import type { Version } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { Facts } from "../../../components/Facts";
import { VersionLink } from "../../../components/Links";
import { Restrictions } from "../../../components/Restrictions";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { Technical } from "./Technical";

/** Facts of the intake that stand among the others under a name of their own. */
const SAID_ALREADY = ["kind", "parameters"];

function fact(value: string): ReactNode {
  return /^[0-9a-f]{64}$/.test(value) ? <Digest value={value} /> : value;
}

function written(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}

export function Profile({ version }: { version: Version }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const department = version.name.split("/")[0];
  const owner = useDepartmentChoices().find((each) => each.value === department)?.label;
  const facts = Object.entries(version.facts)
    .filter(
      ([name, value]) =>
        value !== null && (typeof value !== "object" || Array.isArray(value)) && !SAID_ALREADY.includes(name),
    )
    .map(([name, value]): [string, ReactNode] => [
      label("fact", name),
      fact(typeof value === "boolean" ? t(value ? "catalog.yes" : "catalog.no") : written(value)),
    ]);
  return (
    <Stack>
      {version.notes && <Text style={{ whiteSpace: "pre-line" }}>{version.notes}</Text>}
      <Facts
        facts={[
          [t("common.department"), owner],
          [t("catalog.reference"), <code key="ref">{version.ref}</code>],
          [t("personnel.aliases"), version.aliases.length > 0 && version.aliases.join(", ")],
          [t("common.kind"), label("kind.version", version.kind)],
          [t("catalog.base"), version.base && <VersionLink value={version.base} />],
          [t("catalog.parameters"), formats.number(version.parameters)],
          [t("catalog.size"), formats.bytes(version.bytes)],
          [t("catalog.license"), version.license],
          [t("catalog.joined"), formats.date(version.created_at)],
          [t("common.by"), version.created_by],
        ]}
      />
      <Restrictions restrictions={version.restrictions} />
      <Differences differences={version.differences} />
      <Technical>
        <Facts
          facts={[
            [t("common.digest"), <Digest key="digest" value={version.digest} />],
            [t("personnel.commit"), version.commit && <Digest key="commit" value={version.commit} />],
            ...facts,
          ]}
        />
      </Technical>
    </Stack>
  );
}

/** A tokenizer or a chat template that is not the base's: an approver has to accept it by name. */
function Differences({ differences }: { differences: Version["differences"] }) {
  const { t } = useTranslation();
  const label = useLabels();
  return differences.map((each) => (
    <Text key={each.what} size="sm">
      {t("personnel.differs", { what: label("part", each.what) })}{" "}
      {each.against && <VersionLink value={each.against} />}
    </Text>
  ));
}
