import { Button, Group, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useOwnDepartmentChoices } from "../../../api/departments";
import type { Gate } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { useSaveGate } from "./api";
import { RuleFields } from "./RuleFields";
import { type Draft, draftOf, EMPTY, ruleOf } from "./rules";

/** A new gate, or other rules for one that is there. */
export function GateEditor({ gate, onDone }: { gate: Gate | null; onDone: () => void }) {
  const { t } = useTranslation();
  const departments = useOwnDepartmentChoices();
  const [name, setName] = useState(gate?.name ?? "");
  const [department, setDepartment] = useState(gate?.department ?? "");
  const [reason, setReason] = useState("");
  const [drafts, setDrafts] = useState<Draft[]>(gate ? gate.rules.map(draftOf) : [EMPTY]);
  const save = useSaveGate(t("exams.gateSaved"));
  const chosen = department || departments[0]?.value || "";

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(
      { id: gate?.id ?? null, name, department: chosen, rules: drafts.map(ruleOf), reason },
      { onSuccess: onDone },
    );
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        {save.isError && <ErrorBox error={save.error} />}
        {gate === null && (
          <Group grow>
            <TextInput
              label={t("exams.gateName")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
              maxLength={64}
              data-autofocus
            />
            <NativeSelect
              label={t("common.department")}
              value={chosen}
              data={departments}
              onChange={(event) => setDepartment(event.currentTarget.value)}
            />
          </Group>
        )}
        {drafts.map((draft, place) => (
          <RuleFields
            // biome-ignore lint/suspicious/noArrayIndexKey: rules have no names and keep their places
            key={place}
            number={place + 1}
            value={draft}
            onChange={(changed) => setDrafts(drafts.map((each, at) => (at === place ? changed : each)))}
            onRemove={drafts.length > 1 ? () => setDrafts(drafts.filter((_, at) => at !== place)) : null}
          />
        ))}
        <Group>
          <Button variant="default" onClick={() => setDrafts([...drafts, EMPTY])}>
            {t("exams.addRule")}
          </Button>
        </Group>
        {gate !== null && (
          <Textarea
            label={t("common.reason")}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            required
            maxLength={2000}
          />
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t("exams.saveGate")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
