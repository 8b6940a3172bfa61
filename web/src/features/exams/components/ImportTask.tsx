import { Button, Code, FileInput, Group, List, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, type Ref, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TaskImported } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { PageLink } from "../../../components/Links";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { partsOf, useImportTask } from "../api";

const EXAMPLE = `task: desk
output_type: multiple_choice
doc_to_text: "{{ question }}"
doc_to_choice: choices
doc_to_target: label
metric_list: [{metric: acc}]
`;

/** A task of lm-evaluation-harness: shown first as what it becomes, then brought in. */
export function ImportTask({ first }: { first?: Ref<HTMLInputElement> }): ReactNode {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [yaml, setYaml] = useState(EXAMPLE);
  const [documents, setDocuments] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const bring = useImportTask();
  const submit = (dry_run: boolean) => bring.mutate({ name, yaml, documents, slot: "skill", dry_run });
  const read = async (chosen: File | null) => {
    setFile(chosen);
    if (chosen) setDocuments(await chosen.text());
  };
  const ready = name !== "" && yaml !== "" && documents !== "";
  return (
    <Section title={t("exams.import")} term="lm-evaluation-harness">
      <Text size="sm" c="dimmed">
        {t("exams.importHint")}
      </Text>
      <TextInput
        ref={first}
        label={t("exams.name")}
        placeholder="support/desk-exam"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maw="26rem"
      />
      <Textarea
        label={t("exams.yaml")}
        value={yaml}
        onChange={(event) => setYaml(event.currentTarget.value)}
        autosize
        minRows={6}
        maxRows={20}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8rem" } }}
      />
      <Textarea
        label={t("exams.documents")}
        placeholder='{"question": "…", "choices": ["…", "…"], "label": 0}'
        value={documents}
        onChange={(event) => setDocuments(event.currentTarget.value)}
        autosize
        minRows={3}
        maxRows={10}
        spellCheck={false}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8rem" } }}
      />
      <FileInput
        label={t("exams.file")}
        placeholder="documents.jsonl"
        value={file}
        onChange={(chosen) => void read(chosen)}
        clearable
        clearButtonProps={{ "aria-label": t("common.clearFilter", { what: t("exams.file") }) }}
        maw="26rem"
      />
      {bring.error && <ErrorBox error={bring.error} />}
      {bring.data && <Becomes found={bring.data} />}
      <Group>
        <Button variant="default" disabled={!ready} loading={bring.isPending} onClick={() => submit(true)}>
          {t("exams.preview")}
        </Button>
        <Button disabled={!ready} loading={bring.isPending} onClick={() => submit(false)}>
          {t("exams.bringIn")}
        </Button>
      </Group>
    </Section>
  );
}

function Becomes({ found }: { found: TaskImported }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  return (
    <Stack gap="xs" role="status">
      <Text fw={600}>
        {t(found.suite ? "exams.broughtIn" : "exams.becomes", {
          items: formats.number(found.items),
          scorer: label("exams.scorer", found.scorer),
        })}{" "}
        {found.suite && (
          <PageLink to="/exams/$department/$name" params={partsOf(found.suite.name)}>
            {found.suite.name}
          </PageLink>
        )}
      </Text>
      <List size="sm">
        {found.notes.map((note) => (
          <List.Item key={note}>{note}</List.Item>
        ))}
      </List>
      <Code block tabIndex={0} aria-label={t("exams.sample")}>
        {found.sample.map((item) => JSON.stringify(item, null, 2)).join("\n")}
      </Code>
    </Stack>
  );
}
