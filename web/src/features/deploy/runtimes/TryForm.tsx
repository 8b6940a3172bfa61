import { Button, Group, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../../../components/ErrorBox";
import { Section } from "../../../components/Section";
import { useTry } from "../runtimesApi";

const RUNTIMES = ["hf", "vllm"] as const;

/** Orders a run of the conformance suite. */
export function TryForm(): ReactNode {
  const { t } = useTranslation();
  const order = useTry(t("runtimes.ordered"));
  const form = useForm({
    initialValues: { base: "", adapter: "", chip: "", runtime: "hf" as (typeof RUNTIMES)[number] },
  });
  return (
    <Section title={t("runtimes.try")} term={t("runtimes.tryTerm")}>
      <form
        onSubmit={form.onSubmit(({ base, adapter, chip, runtime }) =>
          order.mutate({
            base: base.trim(),
            adapter: adapter.trim() || null,
            chip: chip.trim() || null,
            runtime,
          }),
        )}
      >
        {order.isError && <ErrorBox error={order.error} />}
        <Group align="flex-end">
          <TextInput
            label={t("runtimes.base")}
            placeholder="platform/base@1"
            required
            maxLength={160}
            {...form.getInputProps("base")}
          />
          <TextInput label={t("runtimes.adapter")} maxLength={160} {...form.getInputProps("adapter")} />
          <Select
            label={t("runtimes.runtime")}
            data={RUNTIMES}
            allowDeselect={false}
            {...form.getInputProps("runtime")}
          />
          <TextInput
            label={t("runtimes.chip")}
            placeholder="cpu"
            maxLength={64}
            {...form.getInputProps("chip")}
          />
          <Button type="submit" loading={order.isPending}>
            {t("runtimes.tryIt")}
          </Button>
        </Group>
      </form>
    </Section>
  );
}
