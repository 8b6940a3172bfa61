import { Button, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { ErrorBox } from "../../../components/ErrorBox";
import { QueryView } from "../../../components/QueryView";
import { SecretOnce } from "../../../components/SecretOnce";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { keysQuery, useCreateKey } from "../api";

/** Keys that open one department's endpoints for its programs. */
export function Keys({ department }: { department: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const keys = useQuery(keysQuery);
  const create = useCreateKey();
  const form = useForm({ initialValues: { name: "", days: 90 } });
  return (
    <Stack>
      <form
        aria-label={t("deploy.newKey")}
        onSubmit={form.onSubmit((values) =>
          create.mutate({ ...values, department }, { onSuccess: form.reset }),
        )}
      >
        <Group align="flex-end">
          <TextInput
            label={t("deploy.keyName")}
            placeholder={t("deploy.keyExample")}
            required
            maxLength={128}
            w={{ base: "100%", xs: 260 }}
            {...form.getInputProps("name")}
          />
          <NumberInput
            label={t("deploy.keyDays")}
            min={1}
            max={3650}
            allowDecimal={false}
            hideControls
            required
            w={140}
            {...form.getInputProps("days")}
          />
          <Button type="submit" loading={create.isPending}>
            {t("deploy.createKey")}
          </Button>
        </Group>
      </form>
      {create.isError && <ErrorBox error={create.error} />}
      {create.data && <SecretOnce secret={create.data.token} what={t("deploy.key")} />}
      <QueryView query={keys} lines={2}>
        {({ items }) => {
          const ours = items.filter(
            (key) => key.kind === "key" && key.department === department && !key.revoked_at,
          );
          if (ours.length === 0) return null;
          return (
            <DataTable
              caption={t("deploy.keys")}
              rows={ours}
              rowKey={(key) => key.id}
              columns={[
                { key: "name", header: t("common.name"), render: (key) => key.name },
                { key: "prefix", header: t("deploy.keyStart"), render: (key) => <code>{key.prefix}…</code> },
                {
                  key: "used",
                  header: t("deploy.lastUsed"),
                  render: (key) => <Since at={key.last_used_at} />,
                },
                { key: "expires", header: t("deploy.expires"), render: (key) => formats.day(key.expires_at) },
              ]}
            />
          );
        }}
      </QueryView>
    </Stack>
  );
}
