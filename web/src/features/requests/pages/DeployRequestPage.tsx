import { Button, Fieldset, Group, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../../../components/ErrorBox";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { endpointChoicesQuery, useAskApproval, versionChoicesQuery } from "../api";

const route = getRouteApi("/shell/requests/new");

interface Values {
  title: string;
  need: string;
  version: string | null;
  endpoint: string | null;
}

/** The request that a version which is known already may work at an endpoint. */
export function DeployRequestPage(): ReactNode {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const versions = useQuery(versionChoicesQuery);
  const endpoints = useQuery(endpointChoicesQuery);
  const ask = useAskApproval();
  const form = useForm<Values>({
    initialValues: {
      title: "",
      need: "",
      version: search.version ?? null,
      endpoint: search.endpoint ?? null,
    },
    validate: {
      version: (value) => (value ? null : t("requests.versionNeeded")),
      endpoint: (value) => (value ? null : t("requests.endpointNeeded")),
    },
  });

  const open = async (values: Values) => {
    const { title, need, version, endpoint } = values;
    if (!version || !endpoint) return;
    const number = (await ask.mutateAsync({ version, endpoint, title, need, request: search.request }))
      .request;
    await navigate({ to: "/requests/$number", params: { number: String(number) } });
  };
  // The error stands above the form; there is nothing more to do about it here.
  const submit = (values: Values) => void open(values).catch(() => undefined);

  const offered = (versions.data?.items ?? []).filter((version) => version.state !== "retired");
  const clear = { clearButtonProps: { "aria-label": t("common.clear") } };
  const empty = t("common.nothingFound");
  return (
    <Stack maw={760}>
      <PageHeader
        title={t("requests.deployNew")}
        term={t("requests.deployTerm")}
        description={t("requests.deployHint")}
      />
      {ask.error && <ErrorBox error={ask.error} />}
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
          <Fieldset legend={t("requests.what")}>
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
            <Button type="submit" loading={ask.isPending}>
              {t("requests.sendForApproval")}
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
