import { Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { PageHeader } from "../../../components/PageHeader";
import { Section } from "../../../components/Section";
import { Why } from "../access/Why";
import { Roles } from "../components/Roles";

const route = getRouteApi("/shell/access");

/** What the roles may do, and why somebody may or may not do something. */
export function AccessPage(): ReactNode {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Stack>
      <PageHeader title={t("auth.why")} term={t("auth.whyTerm")} description={t("auth.whyHint")} />
      <Why
        asked={asked}
        onAsk={(changed) => void navigate({ search: (before) => ({ ...before, ...changed }), replace: true })}
      />
      <Section title={t("auth.roles")} term={t("auth.rolesTerm")}>
        <Roles />
      </Section>
    </Stack>
  );
}
