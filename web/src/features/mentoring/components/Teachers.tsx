import { ActionIcon, Group, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { datasetChoicesQuery } from "../../../api/choices";
import { VersionLink } from "../../../components/Links";
import { Section } from "../../../components/Section";
import { Quality } from "../../../components/studio/Quality";
import shared from "../../../components/studio/Studio.module.css";
import { VersionChoice } from "../../../components/studio/VersionChoice";
import { matchesQuery } from "../api";
import { changeTeacher, type Form, type Teacher, withoutTeacher, withTeacher } from "../recipe/form";

interface Props {
  form: Form;
  onChange: (form: Form) => void;
}

/** Who learns, and from whom: each teacher answers questions of its own department. */
export function Teachers({ form, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Section title={t("mentoring.who")} term={t("mentoring.whoTerm")}>
      <VersionChoice
        label={t("mentoring.student")}
        description={t("mentoring.studentHint")}
        value={form.student}
        onChange={(student) => onChange({ ...form, student })}
        required
      />
      {form.teachers.length > 0 && (
        <ul className={shared.list} aria-label={t("mentoring.teachers")}>
          {form.teachers.map((teacher, index) => (
            <TeacherRow
              key={teacher.version}
              teacher={teacher}
              student={form.student}
              onChange={(change) => onChange(changeTeacher(form, index, change))}
              onRemove={() => onChange(withoutTeacher(form, index))}
            />
          ))}
        </ul>
      )}
      <VersionChoice
        key={form.teachers.length}
        label={t(form.teachers.length > 0 ? "mentoring.addAnother" : "mentoring.addTeacher")}
        value={null}
        onChange={(ref) => ref && onChange(withTeacher(form, ref))}
      />
    </Section>
  );
}

interface RowProps {
  teacher: Teacher;
  student: string | null;
  onChange: (change: Partial<Teacher>) => void;
  onRemove: () => void;
}

function TeacherRow({ teacher, student, onChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  const found = useQuery(datasetChoicesQuery);
  const versions = new Map(
    (found.data?.items ?? []).flatMap(({ latest }) => (latest ? [[latest.ref, latest]] : [])),
  );
  const dataset = teacher.dataset ? versions.get(teacher.dataset) : undefined;
  const split = teacher.split ?? "unlabelled";
  return (
    <li className={shared.item}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" mb="xs">
        <Stack gap={0} miw={0}>
          <VersionLink value={teacher.version} />
          <Taught teacher={teacher.version} student={student} />
        </Stack>
        <ActionIcon
          variant="default"
          aria-label={t("studio.remove", { ref: teacher.version })}
          onClick={onRemove}
        >
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </Group>
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        <Select
          label={t("mentoring.prompts")}
          placeholder={t("mentoring.choosePrompts")}
          data={[...new Set([...(teacher.dataset ? [teacher.dataset] : []), ...versions.keys()])]}
          value={teacher.dataset}
          onChange={(ref) => onChange({ dataset: ref })}
          searchable
          nothingFoundMessage={t("common.nothingFound")}
        />
        <TextInput
          label={t("training.split")}
          placeholder="unlabelled"
          value={teacher.split ?? ""}
          onChange={(event) => onChange({ split: event.currentTarget.value.trim() || null })}
        />
        <NumberInput
          label={t("mentoring.limit")}
          placeholder={
            dataset?.splits[split] !== undefined ? String(dataset.splits[split]) : t("mentoring.all")
          }
          value={teacher.limit ?? ""}
          min={1}
          allowDecimal={false}
          onChange={(limit) => onChange({ limit: typeof limit === "number" && limit > 0 ? limit : null })}
        />
      </SimpleGrid>
      {dataset && (
        <Group gap="xs" mt={6}>
          <Quality version={dataset} split={split} />
          {!(split in dataset.splits) && (
            <Text size="xs">
              {t("mentoring.splitsAre", { splits: Object.keys(dataset.splits).join(", ") })}
            </Text>
          )}
        </Group>
      )}
    </li>
  );
}

/** What this teacher has to teach, as far as exams tell. */
function Taught({ teacher, student }: { teacher: string; student: string | null }) {
  const { t } = useTranslation();
  const found = useQuery(matchesQuery(student, null));
  const skills = new Set(
    (found.data?.items ?? []).filter((each) => each.teacher === teacher).map(({ skill }) => skill),
  );
  if (skills.size === 0) return null;
  return (
    <Text size="xs" c="dimmed">
      {t("mentoring.teaches", { skill: [...skills].join(", ") })}
    </Text>
  );
}
