import { Stack, Tabs } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { PageHeader } from "../../../components/PageHeader";
import { Departments } from "../components/Departments";
import { People } from "../components/People";
import { Sample } from "../components/Sample";
import { Tokens } from "../components/Tokens";

const route = getRouteApi("/shell/people");
const TABS = ["people", "departments", "tokens"] as const;

export function PeoplePage(): ReactNode {
  const { t } = useTranslation();
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Stack>
      <PageHeader title={t("auth.people")} term={t("auth.peopleTerm")} description={t("auth.peopleHint")} />
      <Tabs
        value={tab ?? "people"}
        keepMounted={false}
        onChange={(value) => {
          const chosen = TABS.find((each) => each === value);
          void navigate({ search: { tab: chosen === "people" ? undefined : chosen }, replace: true });
        }}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="people">{t("auth.people")}</Tabs.Tab>
          <Tabs.Tab value="departments">{t("auth.departments")}</Tabs.Tab>
          <Tabs.Tab value="tokens">{t("auth.tokens")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="people">
          <People />
        </Tabs.Panel>
        <Tabs.Panel value="departments">
          <Stack>
            <Sample />
            <Departments />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <Tokens />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
