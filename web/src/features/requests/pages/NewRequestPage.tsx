import { Button, Fieldset, Group, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useOwnDepartmentChoices } from "../../../api/departments";
import { useMe } from "../../../api/session";
import { ErrorBox } from "../../../components/ErrorBox";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { endpointChoicesQuery, useAskApproval, useFileRequest, versionChoicesQuery } from "../api";

const route = getRouteApi("/shell/requests/new");

interface Values {
  title: string;
  need: string;
  department: string | null;
  version: string | null;
  endpoint: string | null;
}

/** A need in words; or, with a version and an endpoint, the request that this version may work there. */
export function NewRequestPage(): ReactNode {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const me = useMe();
  const departments = useOwnDepartmentChoices();
  const versions = useQuery(versionChoicesQuery);
  const endpoints = useQuery(endpointChoicesQuery);
  const file = useFileRequest();
  const ask = useAskApproval();
  const form = useForm<Values>({
    initialValues: {
      title: "",
      need: "",
      department: me.roles.find((role) => role.department)?.department ?? null,
      version: search.version ?? null,
      endpoint: search.endpoint ?? null,
    },
    validate: {
      department: (value, all) => (value || all.endpoint ? null : t("requests.departmentNeeded")),
      version: (value, all) => (all.endpoint && !value ? t("requests.versionNeeded") : null),
      endpoint: (value, all) => (all.version && !value ? t("requests.endpointNeeded") : null),
    },
  });

  const open = async (values: Values) => {
    const { title, need, department, version, endpoint } = values;
    const number =
      version && endpoint
        ? (await ask.mutateAsync({ version, endpoint, title, need })).request
        : (await file.mutateAsync({ title, need, department: department ?? "" })).number;
    await navigate({ to: "/requests/$number", params: { number: String(number) } });
  };
  // The error stands above the form; there is nothing more to do about it here.
  const submit = (values: Values) => void open(values).catch(() => undefined);
  const error = ask.error ?? file.error;

  const offered = (versions.data?.items ?? []).filter((version) => version.state !== "retired");
  const clear = { clearButtonProps: { "aria-label": t("common.clear") } };
  const empty = t("common.nothingFound");
  return (
    <Stack maw={760}>
      <PageHeader
        title={t("requests.new")}
        term={t("requests.newTerm")}
        description={t("requests.newHint")}
      />
      {error && <ErrorBox error={error} />}
      <form onSubmit={form.onSubmit(submit)}>
        <Stack>
          <TextInput
            label={t("common.title")}
            placeholder={t("requests.titleExample")}
            required
            maxLength={128}
            {...form.getInputProps("title")}
          />
          <Textarea
            label={t("requests.need")}
            description={t("requests.needHint")}
            required
            autosize
            minRows={4}
            maxLength={8000}
            {...form.getInputProps("need")}
          />
          {!form.values.endpoint && (
            <Select
              label={t("common.department")}
              data={departments}
              withAsterisk
              nothingFoundMessage={empty}
              {...form.getInputProps("department")}
            />
          )}
          <Fieldset legend={t("requests.existing")}>
            <Stack gap="sm">
              <Select
                label={t("requests.version")}
                description={t("requests.versionHint")}
                data={offered.map((version) => version.ref)}
                searchable
                clearable
                nothingFoundMessage={empty}
                {...clear}
                {...form.getInputProps("version")}
              />
              <Select
                label={t("requests.endpoint")}
                description={t("requests.endpointHint")}
                data={(endpoints.data?.items ?? []).map((each) => ({
                  value: each.name,
                  label: `${each.title} (${each.name})`,
                }))}
                searchable
                clearable
                nothingFoundMessage={empty}
                {...clear}
                {...form.getInputProps("endpoint")}
              />
            </Stack>
          </Fieldset>
          <Group>
            <Button type="submit" loading={ask.isPending || file.isPending}>
              {t(form.values.version ? "requests.sendForApproval" : "requests.send")}
            </Button>
            <ButtonLink to="/requests" variant="default">
              {t("common.cancel")}
            </ButtonLink>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}
