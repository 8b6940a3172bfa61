import { Alert, Stack, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { CopyBlock } from "./CopyBlock";

/** A secret that the server tells once. */
export function SecretOnce({ secret, what }: { secret: string; what: string }) {
  const { t } = useTranslation();
  return (
    <Alert
      color="orange"
      icon={<IconKey aria-hidden />}
      title={t("common.shownOnce", { what })}
      role="status"
    >
      <Stack gap="xs">
        <Text size="sm">{t("common.shownOnceHint")}</Text>
        <CopyBlock text={secret} what={what} />
      </Stack>
    </Alert>
  );
}
