import { Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../components/EmptyState";
import { ButtonLink } from "../../components/Links";
import { PageHeader } from "../../components/PageHeader";
import { BarePage } from "./BarePage";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <BarePage>
      <Stack>
        <PageHeader title={t("shell.notFound")} term="404" />
        <EmptyState
          title={t("shell.notFoundHint")}
          action={<ButtonLink to="/">{t("shell.toHome")}</ButtonLink>}
        />
      </Stack>
    </BarePage>
  );
}
