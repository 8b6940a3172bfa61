import { Button, Group, Modal, NativeSelect, NumberInput, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EndpointDetail } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { Facts } from "../../../components/Facts";
import { useFormats } from "../../../lib/useFormats";
import { chipsQuery, useConfigure } from "./api";

type Runtime = NonNullable<EndpointDetail["runtime"]>;

interface Props {
  endpoint: EndpointDetail;
  name: string;
}

/** What the endpoint runs on. */
export function CapacityFacts({ endpoint }: { endpoint: EndpointDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Facts
      facts={[
        [
          t("serving.runtime"),
          endpoint.runtime ? t(`serving.runtimes.${endpoint.runtime}`) : t("serving.house"),
        ],
        [t("serving.engines"), formats.number(endpoint.wanted_replicas)],
        [t("serving.chip"), endpoint.chip ?? t("serving.cpu")],
      ]}
    />
  );
}

/** Opens the form in which runtime, number of engines and chip are chosen. */
export function CapacityButton({ endpoint, name }: Props) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const title = useId();
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        {t("serving.change")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={<span id={title}>{t("serving.changeOf", { name: endpoint.name })}</span>}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <CapacityForm endpoint={endpoint} name={name} close={close} title={title} />
      </Modal>
    </>
  );
}

function CapacityForm({ endpoint, name, close, title }: Props & { close: () => void; title: string }) {
  const { t } = useTranslation();
  const configure = useConfigure(endpoint.department, name, t("serving.changed"));
  const board = useQuery(chipsQuery);
  const [runtime, setRuntime] = useState<string>(endpoint.runtime ?? "");
  const [replicas, setReplicas] = useState<number | string>(endpoint.wanted_replicas);
  const [chip, setChip] = useState(endpoint.chip ?? "cpu");
  const offered = board.data?.flavours.map((each) => each.flavour) ?? [];
  const chips = [...new Set(["cpu", ...offered, chip])];

  function submit(event: FormEvent) {
    event.preventDefault();
    const body = { runtime: (runtime || null) as Runtime | null, replicas: Number(replicas) || 1, chip };
    configure.mutate(body, { onSuccess: close });
  }

  return (
    <form onSubmit={submit} aria-labelledby={title}>
      <Stack gap="sm">
        <NativeSelect
          label={t("serving.runtime")}
          description={t("serving.runtimeHint")}
          value={runtime}
          onChange={(event) => setRuntime(event.currentTarget.value)}
          data={[
            { value: "", label: t("serving.house") },
            { value: "hf", label: t("serving.runtimes.hf") },
            { value: "vllm", label: t("serving.runtimes.vllm") },
          ]}
        />
        <NumberInput
          label={t("serving.engines")}
          description={t("serving.enginesHint")}
          min={1}
          max={64}
          allowDecimal={false}
          required
          value={replicas}
          onChange={setReplicas}
        />
        <NativeSelect
          label={t("serving.chip")}
          description={t("serving.chipHint")}
          value={chip}
          onChange={(event) => setChip(event.currentTarget.value)}
          data={chips.map((each) => ({ value: each, label: each === "cpu" ? t("serving.cpu") : each }))}
        />
        {configure.error && <ErrorBox error={configure.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={configure.isPending}>
            {t("serving.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
