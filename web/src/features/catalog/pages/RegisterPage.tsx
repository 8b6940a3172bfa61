import { Alert, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { Section } from "../../../components/Section";
import { CardText } from "../card/CardView";
import { VersionChoice } from "../components/SuccessorChoice";
import { PushSnippets } from "../components/UseTab";
import { Controls } from "../register/Controls";
import { type Checked, check, isAdapter, lacks } from "../register/checks";
import { DropZone } from "../register/DropZone";
import { FileTable } from "../register/FileTable";
import { ModelChoice } from "../register/ModelChoice";
import { refusalIn } from "../register/refusal";
import { NOWHERE, type Target, targetName } from "../register/target";
import { Unfinished } from "../register/Unfinished";
import { type Readme, useReadme } from "../register/useReadme";
import { useRegistration } from "../register/useRegistration";

const route = getRouteApi("/shell/register");

/** Hand in a model: its files are looked at here, sent piece by piece, and filed as a version. */
export function RegisterPage(): ReactNode {
  const { t } = useTranslation();
  const { model } = route.useSearch();
  const navigate = route.useNavigate();
  const [target, setTarget] = useState<Target>(model ? { ...NOWHERE, kind: "known", known: model } : NOWHERE);
  const [files, setFiles] = useState<Checked[]>([]);
  const [filing, setFiling] = useState<Filing>({ base: null, license: null, notes: "" });
  const readme = useReadme(files);
  const take = (name: string) => {
    setTarget({ ...NOWHERE, kind: "known", known: name });
    // Now the address names the model, so that a reload comes back to it.
    void navigate({ search: { model: name }, replace: true });
  };
  const registration = useRegistration(take);
  const { sending, filed, error } = registration;
  const name = targetName(target);
  const missing = lacks(files);
  const said = {
    base: filing.base ?? readme?.says.base_model ?? "",
    license: filing.license ?? readme?.says.license ?? "",
  };
  const adapter = isAdapter(files);
  if (filed) return <Filed version={filed} />;
  return (
    <Stack>
      <PageHeader title={t("register.title")} term={t("register.term")} description={t("register.hint")} />
      {sending.length === 0 && <Unfinished onTake={take} />}
      <Section title={t("register.stepModel")}>
        <ModelChoice target={target} onChange={setTarget} disabled={sending.length > 0} />
      </Section>
      <Section title={t("register.stepFiles")}>
        {sending.length === 0 && (
          <DropZone disabled={false} onFiles={(items) => setFiles((before) => merge(before, check(items)))} />
        )}
        {files.length > 0 && (
          <FileTable
            files={files}
            sending={sending}
            refused={refusalIn(error)}
            onRemove={
              sending.length === 0
                ? (path) => setFiles((before) => check(before.filter((each) => each.path !== path)))
                : null
            }
          />
        )}
        {files.length > 0 &&
          missing.map((lack) => (
            <Alert key={lack} color="orange">
              {t(`register.lack.${lack}`)}
            </Alert>
          ))}
      </Section>
      {files.length > 0 && (
        <Section title={t("register.stepFacts")}>
          <FilingForm filing={filing} said={said} adapter={adapter} onChange={setFiling} />
          {readme && <ReadmePreview readme={readme} />}
        </Section>
      )}
      <Section title={t("register.stepSend")}>
        <Controls
          registration={registration}
          ready={name !== null && files.some((each) => each.refusal === null) && missing.length === 0}
          waitsFor={waits(name, files, adapter && !said.base)}
          onBegin={() => void registration.begin(target, files)}
          onFile={() =>
            void registration.file({
              base: said.base || undefined,
              license: said.license || undefined,
              notes: filing.notes || undefined,
            })
          }
          onChange={registration.abandon}
        />
      </Section>
      {name && (
        <Section title={t("personnel.push")} term={t("personnel.pushTerm")}>
          <PushSnippets name={name} />
        </Section>
      )}
    </Stack>
  );

  function waits(chosen: string | null, all: Checked[], baseMissing: boolean): string | null {
    if (!chosen) return t("register.waits.model");
    if (all.length === 0) return t("register.waits.files");
    return baseMissing ? t("register.waits.base") : null;
  }
}

/** The files with these; one of a name that is there gives way. */
function merge(before: Checked[], more: Checked[]): Checked[] {
  const paths = new Set(more.map(({ path }) => path));
  return check([...before.filter(({ path }) => !paths.has(path)), ...more]);
}

interface Filing {
  /** null: what the card says. */
  base: string | null;
  license: string | null;
  notes: string;
}

interface FormProps {
  filing: Filing;
  said: { base: string; license: string };
  adapter: boolean;
  onChange: (filing: Filing) => void;
}

function FilingForm({ filing, said, adapter, onChange }: FormProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" maw={560}>
      <VersionChoice
        label={t(adapter ? "register.base" : "register.madeFrom")}
        description={t(adapter ? "register.baseHint" : "register.madeFromHint")}
        value={said.base || null}
        onChange={(base) => onChange({ ...filing, base: base ?? "" })}
        required={adapter}
      />
      <TextInput
        label={t("catalog.license")}
        value={said.license}
        maxLength={64}
        onChange={(event) => onChange({ ...filing, license: event.currentTarget.value })}
      />
      <Textarea
        label={t("register.notes")}
        value={filing.notes}
        maxLength={4000}
        autosize
        minRows={2}
        onChange={(event) => onChange({ ...filing, notes: event.currentTarget.value })}
      />
    </Stack>
  );
}

function ReadmePreview({ readme }: { readme: Readme }) {
  const { t } = useTranslation();
  return (
    <details>
      <summary>{t("register.readme")}</summary>
      <CardText text={readme.markdown} />
    </details>
  );
}

function Filed({ version }: { version: Version }) {
  const { t } = useTranslation();
  const [department = "", model = ""] = version.name.split("/");
  return (
    <Stack>
      <PageHeader title={t("register.done")} term={version.ref} />
      <Alert
        color="teal"
        icon={<IconCircleCheck aria-hidden />}
        title={t("register.doneTitle", { ref: version.ref })}
        role="status"
      >
        <Text size="sm">{t("register.doneHint")}</Text>
        <Group mt="sm">
          <ButtonLink
            to="/models/$department/$model"
            params={{ department, model }}
            search={{ version: version.version }}
          >
            {t("register.openFile")}
          </ButtonLink>
        </Group>
      </Alert>
    </Stack>
  );
}
