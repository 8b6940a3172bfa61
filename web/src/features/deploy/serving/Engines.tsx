import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { Digest } from "../../../components/Digest";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { enginesQuery } from "./api";

/** Every engine of the house: where it stands, what it holds, what it takes against what was expected. */
export function Engines() {
  const { t } = useTranslation();
  const formats = useFormats();
  const said = useSaid();
  const engines = useQuery(enginesQuery);
  return (
    <Section title={t("serving.enginesNow")} term={t("serving.enginesTerm")}>
      <QueryView query={engines} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t("serving.noEngines")}
              hint={t("serving.noEnginesHint")}
              action={<ButtonLink to="/endpoints">{t("deploy.endpoints")}</ButtonLink>}
            />
          ) : (
            <DataTable
              caption={t("serving.enginesNow")}
              rows={items}
              rowKey={(each) => each.id}
              columns={[
                { key: "base", header: t("runtimes.base"), render: (each) => <Digest value={each.base} /> },
                {
                  key: "engine",
                  header: t("deploy.engine"),
                  render: ({ runtime, version, number }) =>
                    [runtime, version, `#${formats.number(number + 1)}`].filter(Boolean).join(" · "),
                },
                {
                  key: "chip",
                  header: t("serving.chip"),
                  render: ({ chip }) => (chip === "cpu" ? t("serving.cpu") : chip),
                },
                { key: "host", header: t("deploy.host"), render: (each) => each.host || "–" },
                {
                  key: "department",
                  header: t("serving.quotaOf"),
                  render: (each) => (each.department ? <Department of={each.department} /> : "–"),
                },
                {
                  key: "state",
                  header: t("common.state"),
                  render: (each) => <StateBadge of="endpoint" state={each.state} />,
                },
                { key: "reason", header: t("common.reason"), render: (each) => said(each.reason) || "–" },
                {
                  key: "units",
                  header: t("serving.held"),
                  numeric: true,
                  render: (each) => formats.number(each.units.length),
                },
                {
                  key: "expected",
                  header: t("runtimes.memory"),
                  numeric: true,
                  render: (each) => formats.bytes(each.estimate.total),
                },
                {
                  key: "took",
                  header: t("serving.took"),
                  numeric: true,
                  render: (each) => formats.bytes(each.took),
                },
              ]}
            />
          )
        }
      </QueryView>
    </Section>
  );
}
