import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { type Column, DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { useFormats } from "../../../lib/useFormats";
import { type Quota, useRemoveQuota } from "./api";
import { QuotaButton } from "./QuotaButton";

/** What departments may count on and what they hold of it; admins change it here. */
export function Quotas({ quotas, flavours }: { quotas: Quota[]; flavours: string[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay()("quota.manage");
  const remove = useRemoveQuota(t("compute.removed"));
  const columns: Column<Quota>[] = [
    {
      key: "department",
      header: t("compute.department"),
      render: (each) => <Department of={each.department} />,
    },
    {
      key: "flavour",
      header: t("compute.flavour"),
      render: (each) => (each.flavour === "cpu" ? t("compute.cpu") : each.flavour),
    },
    { key: "held", header: t("compute.held"), render: (each) => <Held quota={each} /> },
    {
      key: "guarantee",
      header: t("compute.guarantee"),
      numeric: true,
      render: (each) => formats.number(each.guarantee),
    },
    {
      key: "deserved",
      header: t("compute.deserved"),
      numeric: true,
      render: (each) => formats.number(each.deserved),
    },
    {
      key: "limit",
      header: t("compute.limit"),
      numeric: true,
      render: (each) => (each.limit === null ? t("compute.none") : formats.number(each.limit)),
    },
    {
      key: "weight",
      header: t("compute.weight"),
      numeric: true,
      render: (each) => formats.number(each.weight),
    },
    {
      key: "waiting",
      header: t("compute.waiting"),
      numeric: true,
      render: (each) => formats.number(each.waiting),
    },
  ];
  if (may)
    columns.push({
      key: "act",
      header: t("compute.change"),
      render: (each) => (
        <Group gap="xs" wrap="nowrap">
          <QuotaButton flavours={flavours} quota={each} />
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate({ department: each.department, flavour: each.flavour })}
          >
            {t("compute.remove")}
          </Button>
        </Group>
      ),
    });
  if (quotas.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t("compute.noQuotas")}
      </Text>
    );
  return (
    <DataTable
      caption={t("compute.quotas")}
      columns={columns}
      rows={quotas}
      rowKey={(each) => `${each.department} ${each.flavour}`}
    />
  );
}

function Held({ quota }: { quota: Quota }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const most = Math.max(quota.deserved ?? 0, quota.held, 1);
  return (
    <>
      <meter
        min={0}
        max={most}
        value={quota.held}
        aria-label={`${t("compute.held")}: ${formats.number(quota.held)} / ${formats.number(quota.deserved)}`}
      />{" "}
      {formats.number(quota.held)}
      {quota.borrowed > 0 && ` (${t("compute.borrowed", { count: quota.borrowed })})`}
    </>
  );
}
