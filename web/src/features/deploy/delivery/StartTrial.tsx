import {
  Button,
  Group,
  Modal,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Approval, EndpointDetail, RolloutStart } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { approvedQuery } from "../api";
import { useStartRollout } from "../deliveryApi";
import { JudgeFields } from "./JudgeFields";
import { judging, NO_JUDGING, readForm } from "./judging";
import { readSteps } from "./words";

const INITIAL = {
  approval: null as string | null,
  kind: "canary" as RolloutStart["kind"],
  steps: "1, 10, 50",
  minutes: 15,
  least: 30,
  hours: 24,
  tolerance: 5,
  automatic: true,
  byRequest: false,
  copied: 10,
  agreed: "",
  ...NO_JUDGING,
};

interface Props {
  endpoint: EndpointDetail;
  name: string;
}

/** The button and the form that begin a trial. */
export function StartTrial({ endpoint, name }: Props) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" onClick={open}>
        {t("delivery.start")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        size="lg"
        title={t("delivery.startTitle", { name: endpoint.name })}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Choices endpoint={endpoint} name={name} onDone={close} />
      </Modal>
    </>
  );
}

function Choices({ endpoint, name, onDone }: Props & { onDone: () => void }) {
  const { t } = useTranslation();
  const approved = useQuery(approvedQuery);
  return (
    <QueryView query={approved} lines={3}>
      {({ items }) => {
        const here = items.filter(
          (each) => each.endpoint === endpoint.name && each.version !== endpoint.current?.version,
        );
        const fitting = here.filter((one) => here.find((other) => other.version === one.version) === one);
        return fitting.length === 0 ? (
          <Text size="sm">{t("deploy.nothingApproved")}</Text>
        ) : (
          <StartForm endpoint={endpoint} name={name} approvals={fitting} onDone={onDone} />
        );
      }}
    </QueryView>
  );
}

function StartForm({
  endpoint,
  name,
  approvals,
  onDone,
}: Props & { approvals: Approval[]; onDone: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const start = useStartRollout(endpoint.department, name, t("delivery.started"));
  const title = useId();
  const form = useForm({
    initialValues: { ...INITIAL, approval: approvals[0]?.id ?? null },
    validate: {
      steps: (steps, { kind }) =>
        kind === "canary" && readSteps(steps) === null ? t("delivery.stepsWrong") : null,
      form: (text, { judgedBy }) =>
        judgedBy === "json" && text.trim() && readForm(text) === null ? t("delivery.formWrong") : null,
    },
  });
  const shadow = form.values.kind === "shadow";

  function submit(values: typeof form.values) {
    const approval = approvals.find(({ id }) => id === values.approval);
    if (!approval) return;
    const rules = {
      approval: approval.id,
      digest: approval.digest,
      kind: values.kind,
      patience_seconds: values.hours * 3600,
      least: values.least,
      tolerance: values.tolerance / 100,
    };
    const body = shadow
      ? { ...rules, share: values.copied * 10, agreed: values.agreed, ...judging(values) }
      : {
          ...rules,
          steps: readSteps(values.steps) ?? [],
          window_seconds: values.minutes * 60,
          automatic: values.automatic,
          by_request: values.byRequest,
        };
    start.mutate(body as RolloutStart, { onSuccess: onDone });
  }

  const number = {
    allowDecimal: false,
    hideControls: true,
    required: true,
    w: { base: "100%", xs: 220 },
  } as const;
  return (
    <form aria-labelledby={title} onSubmit={form.onSubmit(submit)}>
      <Stack>
        {start.isError && <ErrorBox error={start.error} />}
        <Select
          label={t("delivery.approved")}
          data={approvals.map((each) => ({
            value: each.id,
            label: `${each.version} · ${formats.day(each.decided_at)}`,
          }))}
          allowDeselect={false}
          {...form.getInputProps("approval")}
        />
        <div>
          <Text size="sm" fw={500} id={title}>
            {t("delivery.kind")}
          </Text>
          <SegmentedControl
            aria-labelledby={title}
            data={(["canary", "shadow"] as const).map((value) => ({
              value,
              label: t(`delivery.kinds.${value}`),
            }))}
            {...form.getInputProps("kind")}
          />
          <Text size="sm" c="dimmed" mt={4}>
            {t(shadow ? "delivery.shadowHint" : "delivery.canaryHint")}
          </Text>
        </div>
        {shadow ? (
          <>
            <NumberInput
              label={t("delivery.copied")}
              min={1}
              max={100}
              {...number}
              {...form.getInputProps("copied")}
            />
            <Textarea
              label={t("delivery.agreed")}
              description={t("delivery.agreedHint")}
              required
              autosize
              minRows={2}
              maxLength={2000}
              {...form.getInputProps("agreed")}
            />
            <JudgeFields
              judgedBy={form.values.judgedBy}
              inputs={(name) => form.getInputProps(name)}
              boxes={(name) => form.getInputProps(name, { type: "checkbox" })}
            />
          </>
        ) : (
          <>
            <TextInput
              label={t("delivery.steps")}
              description={t("delivery.stepsHint")}
              required
              {...form.getInputProps("steps")}
            />
            <Switch
              label={t("delivery.automatic")}
              description={t("delivery.automaticHint")}
              {...form.getInputProps("automatic", { type: "checkbox" })}
            />
            <Switch
              label={t("delivery.byRequestOption")}
              description={t("delivery.byRequestHint")}
              {...form.getInputProps("byRequest", { type: "checkbox" })}
            />
          </>
        )}
        <Group>
          {!shadow && (
            <NumberInput
              label={t("delivery.windowMinutes")}
              min={0}
              {...number}
              {...form.getInputProps("minutes")}
            />
          )}
          <NumberInput label={t("delivery.least")} min={1} {...number} {...form.getInputProps("least")} />
          <NumberInput
            label={t("delivery.patienceHours")}
            min={1}
            {...number}
            {...form.getInputProps("hours")}
          />
          {!shadow && (
            <NumberInput
              label={t("delivery.tolerance")}
              min={1}
              max={100}
              {...number}
              {...form.getInputProps("tolerance")}
            />
          )}
        </Group>
        <Group justify="flex-end">
          <Button type="submit" loading={start.isPending}>
            {t("delivery.begin")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
