import { Button, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import type { Job } from "../../api/types";
import { ErrorBox } from "../ErrorBox";
import { Section } from "../Section";

interface Props {
  label: string;
  /** Why it cannot be ordered yet; null when it can. */
  waits: string | null;
  order: {
    mutate: (yaml: string, then: { onSuccess: (job: Job) => void }) => void;
    isPending: boolean;
    error: Error | null;
  };
  yaml: string;
  /** Where the result is filed. */
  children: ReactNode;
}

/** Where the result is filed, and the button that orders the job and goes to its page. */
export function RunForm({ label, waits, order, yaml, children }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  if (!may("job.run")) return null;
  return (
    <Section title={t("studio.run")} term={t("studio.runTerm")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          order.mutate(yaml, {
            onSuccess: (job) => void navigate({ to: "/jobs/$id", params: { id: job.id } }),
          });
        }}
      >
        <Stack gap="sm">
          {children}
          {order.error && <ErrorBox error={order.error} />}
          <Button type="submit" disabled={waits !== null} loading={order.isPending}>
            {label}
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
}
