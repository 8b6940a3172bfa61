import { Button, Group, Popover, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconCode } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Copied } from "../lib/copyForms";
import { Copy } from "./CopyBlock";

const CopyForm = lazy(() => import("./CopyForm"));

const LABELS = [
  { value: "cli", label: "CLI" },
  { value: "python", label: "Python" },
  { value: "curl", label: "curl" },
  { value: "yaml", label: "YAML" },
] as const;

interface Props extends Copied {
  /** What is copied, read out by screen readers: "support/mail@1". */
  what: string;
}

/** The button of every object page: this object as a command, as Python, as curl, as YAML, and its link. */
export function CopyAs({ what, ...copied }: Props) {
  const { t } = useTranslation();
  const [form, setForm] = useState<string>("cli");
  return (
    <Popover width="min(34rem, 94vw)" position="bottom-end" withArrow trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconCode size={16} aria-hidden />}
          aria-label={t("common.copyAsWhat", { what })}
        >
          {t("common.copyAs")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("common.copyAsWhat", { what })}>
        <Stack gap="xs">
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t("common.copyAs")}
            data={[...LABELS]}
            value={form}
            onChange={setForm}
          />
          <Suspense fallback={<Text size="sm">{t("common.loading")}</Text>}>
            <CopyForm copied={copied} form={LABELS.find(({ value }) => value === form)?.value ?? "cli"} />
          </Suspense>
          <Group justify="flex-end" gap="xs">
            <Text size="sm" c="dimmed">
              {t("common.link")}
            </Text>
            <Copy text={() => window.location.href} what={t("common.link")} />
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
