import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { departmentsQuery } from "../../api/departments";
import { useMay } from "../../api/session";
import { ButtonLink } from "../../components/Links";
import { Section } from "../../components/Section";

/** In a house without a department nothing else can be begun: an admin is shown how, others whom to ask. */
export function StartHere() {
  const { t } = useTranslation();
  const may = useMay();
  const departments = useQuery(departmentsQuery);
  if (departments.data?.items.length !== 0) return null;
  const opens = may("people.manage");
  return (
    <Section title={t("home.start")} term={t("home.startTerm")}>
      <Text size="sm">{t(opens ? "home.startHint" : "home.startOthers")}</Text>
      {opens && (
        <Group gap="xs">
          <ButtonLink to="/people" search={{ tab: "departments" }}>
            {t("home.openDepartment")}
          </ButtonLink>
        </Group>
      )}
    </Section>
  );
}
