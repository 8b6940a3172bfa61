import { Code, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Copy } from "./CopyBlock";

/** A digest, shortened to what a person compares; the whole of it can be copied. */
export function Digest({ value }: { value: string }) {
  const { t } = useTranslation();
  const hex = value.replace(/^sha256:/, "");
  return (
    <Group gap={6} wrap="nowrap" display="inline-flex">
      <Code title={value}>{hex.slice(0, 12)}</Code>
      <Copy text={value} what={t("common.digest")} />
    </Group>
  );
}
