import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import { recentMonths } from "../months";

interface Props {
  month: string | undefined;
  choose: (month: string) => void;
}

/** Which month is shown; without one it is the present one. */
export function MonthChoice({ month, choose }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const recent = recentMonths(new Date());
  const months = month && !recent.includes(month) ? [month, ...recent] : recent;
  return (
    <NativeSelect
      label={t("metering.month")}
      value={month ?? months[0]}
      onChange={(event) => choose(event.currentTarget.value)}
      data={months.map((each) => ({ value: each, label: formats.month(each) }))}
    />
  );
}
