import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Endpoint } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorBox } from "../../../components/ErrorBox";
import { EndpointLink, VersionLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useSaid } from "../../../lib/useSaid";
import { endpointsQuery, useAddEndpoint } from "../api";

export function EndpointsPage(): ReactNode {
  const { t } = useTranslation();
  const said = useSaid();
  const may = useMay();
  const endpoints = useQuery(endpointsQuery);
  const [opened, { open, close }] = useDisclosure(false);
  const create = may("endpoint.manage") && <Button onClick={open}>{t("deploy.new")}</Button>;

  const columns: Column<Endpoint>[] = [
    {
      key: "name",
      header: t("deploy.endpoint"),
      render: (endpoint) => (
        <>
          <Text fw={600} component="div" size="sm">
            <EndpointLink value={endpoint.name} />
          </Text>
          <Text size="xs" c="dimmed">
            {endpoint.title}
          </Text>
        </>
      ),
    },
    {
      key: "department",
      header: t("common.department"),
      render: (endpoint) => <Department of={endpoint.department} />,
    },
    {
      key: "state",
      header: t("common.state"),
      render: (endpoint) => (
        <Stack gap={4} align="flex-start">
          <StateBadge of="endpoint" state={endpoint.state} />
          <Text size="xs" c="dimmed" maw="40ch">
            {said(endpoint.reason)}
          </Text>
        </Stack>
      ),
    },
    { key: "since", header: t("common.since"), render: (endpoint) => <Since at={endpoint.since} /> },
    {
      key: "current",
      header: t("deploy.current"),
      render: (endpoint) => (endpoint.current ? <VersionLink value={endpoint.current.version} /> : "–"),
    },
  ];

  return (
    <Stack>
      <PageHeader
        title={t("deploy.endpoints")}
        term={t("deploy.endpointsTerm")}
        description={t("deploy.hint")}
        actions={create}
      />
      <QueryView query={endpoints}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("deploy.none")} hint={t("deploy.noneHint")} action={create} />
          ) : (
            <DataTable
              caption={t("deploy.endpoints")}
              columns={columns}
              rows={items}
              rowKey={(endpoint) => endpoint.name}
            />
          )
        }
      </QueryView>
      <Modal
        opened={opened}
        onClose={close}
        title={t("deploy.new")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <EndpointForm key={String(opened)} onDone={close} />
      </Modal>
    </Stack>
  );
}

function EndpointForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const add = useAddEndpoint(t("deploy.added"));
  const form = useForm({ initialValues: { name: "", title: "" } });
  const title = useId();
  return (
    <form
      aria-labelledby={title}
      onSubmit={form.onSubmit((values) => add.mutate(values, { onSuccess: onDone }))}
    >
      <Stack>
        {add.isError && <ErrorBox error={add.error} />}
        <TextInput
          label={t("common.name")}
          description={t("deploy.nameHint")}
          placeholder="support/helpdesk"
          required
          pattern="[a-z0-9\-]+/[a-z0-9._\-]+"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <TextInput label={t("common.title")} required maxLength={128} {...form.getInputProps("title")} />
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t("deploy.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
