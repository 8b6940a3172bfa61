import { Button, Checkbox, Group, Modal, NumberInput, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Capture } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { ErrorBox } from "../../../components/ErrorBox";
import { Facts } from "../../../components/Facts";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { captureQuery, exchangesQuery, useCapture } from "./api";

interface Props {
  department: string;
  name: string;
}

/** What the endpoint keeps of what is said on it, the switch, and what is kept now. */
export function CaptureSection({ department, name }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const capture = useQuery(captureQuery(department, name));
  return (
    <Section
      title={t("serving.capture")}
      term={t("serving.captureTerm")}
      actions={
        capture.data &&
        may("endpoint.manage", department) && (
          <CaptureButton department={department} name={name} capture={capture.data} />
        )
      }
    >
      <QueryView query={capture} lines={2}>
        {(found) => <Kept department={department} name={name} capture={found} />}
      </QueryView>
    </Section>
  );
}

function Kept({ department, name, capture }: Props & { capture: Capture }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <>
      <Facts
        facts={[
          [
            t("serving.keeps"),
            capture.days === null ? t("serving.nothing") : t("serving.forDays", { count: capture.days }),
          ],
          [t("serving.agreed"), capture.agreed],
          [t("serving.keptNow"), formats.number(capture.kept)],
          [t("serving.dataset"), (capture.days !== null || capture.kept > 0) && capture.dataset],
        ]}
      />
      {capture.readable && capture.kept > 0 && <Exchanges department={department} name={name} />}
    </>
  );
}

function Exchanges({ department, name }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const exchanges = useQuery(exchangesQuery(department, name));
  return (
    <QueryView query={exchanges} lines={3}>
      {({ items }) => (
        <DataTable
          caption={t("serving.exchanges")}
          rows={items}
          rowKey={(each) => each.id}
          columns={[
            {
              key: "at",
              header: t("serving.asked"),
              nowrap: true,
              render: (each) => formats.date(each.created_at),
            },
            {
              key: "version",
              header: t("deploy.version"),
              render: (each) => <VersionLink value={each.version} />,
            },
            {
              key: "question",
              header: t("serving.question"),
              render: (each) => <Words text={lastOf(each.messages)} />,
            },
            { key: "answer", header: t("serving.answer"), render: (each) => <Words text={each.answer} /> },
            {
              key: "goes",
              header: t("serving.goes"),
              nowrap: true,
              render: (each) => formats.day(each.expires_at),
            },
          ]}
        />
      )}
    </QueryView>
  );
}

function Words({ text }: { text: string }) {
  return (
    <Text size="sm" lineClamp={3} title={text} style={{ overflowWrap: "anywhere" }}>
      {text}
    </Text>
  );
}

function lastOf(messages: { [key: string]: unknown }[]): string {
  return String(messages.at(-1)?.content ?? "");
}

function CaptureButton(props: Props & { capture: Capture }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const title = useId();
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        {t("serving.captureChange")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={
          <span id={title}>{t("serving.captureOf", { name: `${props.department}/${props.name}` })}</span>
        }
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <CaptureForm {...props} close={close} title={title} />
      </Modal>
    </>
  );
}

function CaptureForm({
  department,
  name,
  capture,
  close,
  title,
}: Props & { capture: Capture; close: () => void; title: string }) {
  const { t } = useTranslation();
  const change = useCapture(department, name, t("serving.captureChanged"));
  const [on, setOn] = useState(capture.days !== null);
  const [days, setDays] = useState<number | string>(capture.days ?? 30);
  const [agreed, setAgreed] = useState(capture.agreed);
  const [erase, setErase] = useState(false);

  function submit(event: FormEvent) {
    event.preventDefault();
    const wanted = on
      ? { days: Number(days) || 1, agreed: agreed.trim(), erase }
      : { days: null, agreed: "", erase };
    change.mutate(wanted, { onSuccess: close });
  }

  return (
    <form onSubmit={submit} aria-labelledby={title}>
      <Stack gap="sm">
        <Text size="sm">{t("serving.captureHint")}</Text>
        <Checkbox
          label={t("serving.keep")}
          checked={on}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
        {on && (
          <>
            <NumberInput
              label={t("serving.days")}
              min={1}
              max={365}
              allowDecimal={false}
              required
              value={days}
              onChange={setDays}
            />
            <Textarea
              label={t("serving.agreed")}
              description={t("serving.agreedHint")}
              required
              autosize
              minRows={2}
              maxLength={2000}
              value={agreed}
              onChange={(event) => setAgreed(event.currentTarget.value)}
            />
          </>
        )}
        {capture.kept > 0 && (
          <Checkbox
            label={t("serving.erase", { count: capture.kept })}
            checked={erase}
            onChange={(event) => setErase(event.currentTarget.checked)}
          />
        )}
        {change.error && <ErrorBox error={change.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={change.isPending} color={erase ? "red" : undefined}>
            {t("serving.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
