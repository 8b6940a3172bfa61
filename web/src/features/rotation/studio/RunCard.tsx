import { Button, Stack, Text, Textarea } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { ErrorBox } from "../../../components/ErrorBox";
import { Section } from "../../../components/Section";
import { Place } from "../../../components/studio/Place";
import { isModelName } from "../../../lib/recipe";
import { type Plan, useOrder } from "../api";
import type { Form } from "../recipe/form";

interface Props {
  yaml: string;
  /** Null when only the YAML can say it. */
  form: Form | null;
  plan: Plan | undefined;
  onChange: (form: Form) => void;
}

/** Where the child is filed, and the button that orders the run. */
export function RunCard({ yaml, form, plan, onChange }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const order = useOrder();
  const [notes, setNotes] = useState("");
  const stopped = plan?.findings.some(({ level }) => level === "stop") ?? false;
  const waits = waitsFor();
  if (!may("job.run")) return null;
  return (
    <Section title={t("rotation.run")} term={t("rotation.runTerm")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          order.mutate(
            { yaml, notes: notes || undefined },
            { onSuccess: (job) => void navigate({ to: "/jobs/$id", params: { id: job.id } }) },
          );
        }}
      >
        <Stack gap="sm">
          {form ? (
            <Place
              model={form.model}
              title={form.title}
              onChange={(model, title) => onChange({ ...form, model, title })}
            />
          ) : (
            <Text size="sm">{t("rotation.placeInYaml")}</Text>
          )}
          <Textarea
            label={t("register.notes")}
            value={notes}
            maxLength={4000}
            autosize
            onChange={(event) => setNotes(event.currentTarget.value)}
          />
          {form?.search && (
            <Text size="sm">
              {t("rotation.searchesFirst")}{" "}
              <Button size="compact-xs" variant="default" onClick={() => onChange({ ...form, search: null })}>
                {t("rotation.searchNot")}
              </Button>
            </Text>
          )}
          {order.error && <ErrorBox error={order.error} />}
          <Button type="submit" disabled={waits !== null} loading={order.isPending}>
            {t("rotation.runButton")}
          </Button>
          {waits && (
            <Text size="sm" c="dimmed">
              {waits}
            </Text>
          )}
        </Stack>
      </form>
    </Section>
  );

  function waitsFor(): string | null {
    if (form && form.parents.length === 0) return t("rotation.waits.parents");
    if (!plan) return t("rotation.waits.plan");
    if (stopped) return t("rotation.waits.stopped");
    return form && !isModelName(form.model) ? t("rotation.waits.place") : null;
  }
}
