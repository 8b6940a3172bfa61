import { Alert, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type HeaderFault, HeaderUnreadable, readHeader, type TensorHeader } from "../files/safetensors";
import { TensorTable } from "../files/TensorTable";

/** The tensors of a weights file that is still on this computer; only its first bytes are read. */
export function HeaderPreview({ path, file }: { path: string; file: File }) {
  const { t } = useTranslation();
  const [header, setHeader] = useState<TensorHeader | null>(null);
  const [fault, setFault] = useState<HeaderFault | null>(null);
  useEffect(() => {
    let gone = false;
    readHeader(file).then(
      (found) => !gone && setHeader(found),
      (error: unknown) => !gone && setFault(error instanceof HeaderUnreadable ? error.reason : "truncated"),
    );
    return () => {
      gone = true;
    };
  }, [file]);
  return (
    <Stack gap="xs" component="section" aria-label={path}>
      <Text component="h3" fw={600} size="sm" m={0}>
        <code>{path}</code>
      </Text>
      {header && <TensorTable header={header} />}
      {fault && (
        <Alert color="orange" title={t("register.headerUnreadable")}>
          {t(`register.headerFault.${fault}`)}
        </Alert>
      )}
      {!header && !fault && <Text size="sm">{t("common.loading")}</Text>}
    </Stack>
  );
}
