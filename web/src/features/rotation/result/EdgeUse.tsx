import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { Section } from "../../../components/Section";

/** How an export gets onto a device and answers there. */
export function EdgeUse({ version }: { version: Version }) {
  const { t } = useTranslation();
  const commands = [`aird models pull ${version.ref} ./edge`, "llama-server -m ./edge/model.gguf --jinja"];
  return (
    <Section title={t("rotation.derive.edge")} term={t("rotation.derive.edgeTerm")}>
      <Text size="sm">{t("rotation.derive.edgeHint")}</Text>
      <CopyBlock text={commands.join("\n")} what={t("rotation.derive.edge")} />
    </Section>
  );
}
