import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { Section } from "../../../components/Section";
import { pullSnippets, pushSnippets } from "../register/snippets";

/** How to fetch this version, and how to add one, from a terminal or a program. */
export function UseTab({ version }: { version: Version }) {
  const { t } = useTranslation();
  const alias = version.aliases.includes("production") ? "production" : (version.aliases[0] ?? null);
  const found = pullSnippets(window.location.origin, version.ref, alias, version.base);
  return (
    <Stack>
      <Section title={t("personnel.use")} term={t("personnel.useTerm")}>
        <Labelled title="aird" text={found.cli} />
        <Labelled title="Python" text={found.python} />
        <Labelled title="Transformers" text={found.transformers} />
        <Labelled title="curl" text={found.curl} />
      </Section>
      <Section title={t("personnel.push")} term={t("personnel.pushTerm")}>
        <PushSnippets name={version.name} />
      </Section>
    </Stack>
  );
}

export function PushSnippets({ name }: { name: string }) {
  const { t } = useTranslation();
  const found = pushSnippets(window.location.origin, name);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("personnel.pushHint")}
      </Text>
      <Labelled title="Hugging Face Hub" text={found.hub} />
      <Labelled title="aird" text={found.cli} />
      <Labelled title="Python" text={found.python} />
    </Stack>
  );
}

function Labelled({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <Text component="h3" size="sm" fw={600} m={0} mb={4}>
        {title}
      </Text>
      <CopyBlock text={text} what={title} />
    </div>
  );
}
