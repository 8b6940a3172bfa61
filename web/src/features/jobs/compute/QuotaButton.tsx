import { Autocomplete, Button, Group, Modal, NativeSelect, NumberInput, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { ErrorBox } from "../../../components/ErrorBox";
import { type Quota, type QuotaNumbers, useSetQuota } from "./api";

interface Props {
  flavours: string[];
  /** The quota to change; without one a new one is made. */
  quota?: Quota;
}

const FIELDS = ["guarantee", "deserved", "limit", "weight"] as const;

/** Opens the form of a quota. */
export function QuotaButton({ flavours, quota }: Props) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const title = useId();
  return (
    <>
      <Button
        size={quota ? "compact-sm" : "sm"}
        variant={quota ? "default" : "filled"}
        aria-label={quota ? `${t("compute.change")}: ${quota.department}, ${quota.flavour}` : undefined}
        onClick={open}
      >
        {quota ? t("compute.change") : t("compute.setQuota")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={<span id={title}>{t("compute.setQuota")}</span>}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <QuotaForm flavours={flavours} quota={quota} close={close} title={title} />
      </Modal>
    </>
  );
}

function QuotaForm({ flavours, quota, close, title }: Props & { close: () => void; title: string }) {
  const { t } = useTranslation();
  const departments = useDepartmentChoices();
  const set = useSetQuota(t("compute.saved"));
  const [department, setDepartment] = useState(quota?.department ?? "");
  const [flavour, setFlavour] = useState(quota?.flavour ?? flavours.find((each) => each !== "cpu") ?? "cpu");
  const [numbers, setNumbers] = useState<QuotaNumbers>({
    guarantee: quota?.guarantee ?? 0,
    deserved: quota?.deserved ?? 0,
    limit: quota?.limit ?? null,
    weight: quota?.weight ?? 1,
  });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const place = { department: department || (departments[0]?.value ?? ""), flavour };
    try {
      await set.mutateAsync({ place, numbers });
      close();
    } catch {
      // Shown below; the form stays open.
    }
  }

  return (
    <form onSubmit={submit} aria-labelledby={title}>
      <Stack gap="sm">
        <NativeSelect
          label={t("compute.department")}
          data={departments}
          value={department || departments[0]?.value}
          disabled={quota !== undefined}
          onChange={(event) => setDepartment(event.currentTarget.value)}
        />
        <Autocomplete
          label={t("compute.flavour")}
          description={t("compute.flavourHint")}
          data={flavours}
          value={flavour}
          disabled={quota !== undefined}
          onChange={setFlavour}
        />
        {FIELDS.map((field) => (
          <NumberInput
            key={field}
            label={t(`compute.${field}`)}
            description={t(`compute.${field}Hint`)}
            value={numbers[field] ?? ""}
            min={field === "weight" ? 0.01 : 0}
            allowDecimal={field === "weight"}
            onChange={(value) =>
              setNumbers({ ...numbers, [field]: value === "" ? empty(field) : Number(value) })
            }
          />
        ))}
        {set.error && <ErrorBox error={set.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={set.isPending}>
            {t("compute.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What an emptied field means. */
function empty(field: (typeof FIELDS)[number]): number | null {
  if (field === "limit") return null;
  return field === "weight" ? 1 : 0;
}
