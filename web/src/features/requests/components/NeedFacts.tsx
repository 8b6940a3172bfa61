import { useTranslation } from "react-i18next";
import type { Request } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { Facts } from "../../../components/Facts";
import { VersionLink } from "../../../components/Links";
import { CURRENCY } from "../../../lib/currency";
import { useFormats } from "../../../lib/useFormats";
import { useWord } from "../useSaid";
import { NamedEndpoint } from "./NamedEndpoint";

/** Everything that was said of a need beside its words. */
export function NeedFacts({ request }: { request: Request }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const word = useWord();
  const number = (value: number | null) => value !== null && formats.number(value);
  const money = (value: number | null) => value !== null && formats.money(value, CURRENCY);
  return (
    <Facts
      facts={[
        [t("common.department"), <Department key="department" of={request.department} />],
        [t("requests.requester"), request.requester],
        [t("common.created"), formats.date(request.created_at)],
        [t("requests.users"), number(request.users)],
        [t("requests.volume"), number(request.volume_per_day)],
        [t("requests.languages"), request.languages.map(formats.language).join(", ")],
        [t("requests.dataClassLabel"), word("dataClass", request.data_class)],
        [t("requests.floor"), formats.percent(request.floor)],
        [t("requests.deadline"), request.deadline && formats.day(request.deadline)],
        [t("requests.budgetOnce"), money(request.budget_once_micro)],
        [t("requests.budgetMonth"), money(request.budget_month_micro)],
        [t("requests.todayCost"), money(request.today_micro)],
        [t("requests.present"), request.present && <NamedEndpoint key="present" name={request.present} />],
        [t("requests.version"), request.version && <VersionLink value={request.version} />],
        [
          t("requests.endpoint"),
          request.endpoint && <NamedEndpoint key="endpoint" name={request.endpoint} />,
        ],
      ]}
    />
  );
}

/** Questions with the answers that the requester would like. */
export function Examples({ request }: { request: Request }) {
  const { t } = useTranslation();
  if (request.examples_hidden) return <>{t("requests.examplesHidden", { department: request.department })}</>;
  if (request.examples.length === 0) return null;
  return (
    <DataTable
      caption={t("requests.examples")}
      rows={request.examples}
      rowKey={(example) => `${example.question} ${example.answer}`}
      columns={[
        { key: "question", header: t("requests.question"), render: (example) => example.question },
        { key: "answer", header: t("requests.answer"), render: (example) => example.answer },
      ]}
    />
  );
}
