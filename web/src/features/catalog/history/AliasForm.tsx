import { Autocomplete, Button, Group, Select, Stack, Switch, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { AliasRead } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { ButtonLink } from "../../../components/Links";
import { useAskForAlias, useMoveAlias } from "../aliasApi";
import { versionsQuery } from "../api";

interface Props {
  department: string;
  model: string;
  aliases: AliasRead[];
}

const CONVENTIONS = ["production", "staging"];

/** Let an alias point at another version, with a reason; a protected one needs an approval instead. */
export function AliasForm({ department, model, aliases }: Props) {
  const { t } = useTranslation();
  const versions = useQuery(versionsQuery(department, model));
  const move = useMoveAlias(department, model, t("personnel.aliasMoved"));
  const asked = useAskForAlias(`${department}/${model}`, t("personnel.approvalAsked"));
  const form = useForm({ initialValues: { alias: "", version: "", reason: "", protected: false } });
  const { alias } = form.values;
  const known = aliases.find((each) => each.name === alias);
  const closed = known?.protected ?? alias === "production";
  const act = closed ? asked : move;
  const submit = form.onSubmit(async (values) => {
    try {
      await act.mutateAsync({ ...values, version: Number(values.version) });
      form.reset();
    } catch {
      // Shown below the form.
    }
  });
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group gap="sm" align="flex-start">
          <Autocomplete
            label={t("personnel.alias")}
            description={t("personnel.aliasNameHint")}
            data={[...new Set([...aliases.map((each) => each.name), ...CONVENTIONS])]}
            required
            maxLength={64}
            w={{ base: "100%", xs: 240 }}
            {...form.getInputProps("alias")}
          />
          <Select
            label={t("catalog.version")}
            description={t("personnel.aliasVersionHint")}
            data={(versions.data?.items ?? []).map((each) => ({
              value: String(each.version),
              label: each.ref,
            }))}
            required
            searchable
            w={{ base: "100%", xs: 280 }}
            {...form.getInputProps("version")}
          />
        </Group>
        <Textarea
          label={t("common.reason")}
          required
          autosize
          minRows={2}
          maxLength={2000}
          {...form.getInputProps("reason")}
        />
        {closed ? (
          <Text size="sm">{t("personnel.aliasNeedsApproval", { name: alias })}</Text>
        ) : (
          <Switch
            label={t("personnel.protect")}
            description={t("personnel.protectHint")}
            {...form.getInputProps("protected", { type: "checkbox" })}
          />
        )}
        {act.error && <ErrorBox error={act.error} />}
        <Group>
          <Button type="submit" loading={act.isPending}>
            {closed ? t("personnel.askApproval") : t("personnel.moveAlias")}
          </Button>
          {asked.data && (
            <ButtonLink to="/approvals/$id" params={{ id: asked.data.id }} variant="default">
              {t("personnel.openApproval")}
            </ButtonLink>
          )}
        </Group>
      </Stack>
    </form>
  );
}
