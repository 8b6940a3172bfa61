import { Autocomplete, Button, Group, Modal, NumberInput, Select, Stack, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Dataset } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { Facts } from "../../../components/Facts";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";
import { type Terms, useChangeTerms } from "../api";
import { CONSENTS, pathOf } from "../words";
import { Shares } from "./ImportOptions";

const LICENSES = ["proprietary", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "apache-2.0", "mit"];

/** Under which terms a data set may be used; whoever writes data sets changes them here, with a reason. */
export function TermsSection({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  return (
    <Section
      title={t("datasets.terms")}
      actions={may("dataset.write", dataset.department) && <TermsForm dataset={dataset} />}
    >
      <Facts
        facts={[
          [t("datasets.license"), dataset.license || t("datasets.notStated")],
          [t("datasets.source"), dataset.source],
          [t("datasets.consent"), t(`datasets.consents.${dataset.consent}`)],
          [t("datasets.consentNote"), dataset.consent_note],
          [
            t("datasets.retention"),
            dataset.retention_days
              ? t("datasets.days", { number: formats.number(dataset.retention_days) })
              : t("datasets.forEver"),
          ],
          [
            t("datasets.splitFixedShort"),
            Object.keys(dataset.shares).length > 0 && <Shares shares={dataset.shares} />,
          ],
        ]}
      />
    </Section>
  );
}

function TermsForm({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const act = useChangeTerms(pathOf(dataset.name), t("datasets.termsChanged"));
  const [terms, setTerms] = useState<Terms>({
    license: dataset.license,
    source: dataset.source,
    consent: dataset.consent,
    consent_note: dataset.consent_note,
    retention_days: dataset.retention_days ?? 0,
    reason: "",
  });
  const change = (changed: Partial<Terms>) => setTerms({ ...terms, ...changed });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const done = await act.mutateAsync(terms).catch(() => null);
    if (!done) return;
    change({ reason: "" });
    close();
  }

  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        {t("datasets.changeTerms")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t("datasets.changeTerms")}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <form onSubmit={submit}>
          <Stack>
            {act.error && <ErrorBox error={act.error} />}
            <Autocomplete
              label={t("datasets.license")}
              data={LICENSES}
              value={terms.license}
              onChange={(license) => change({ license })}
              maxLength={64}
            />
            <Textarea
              label={t("datasets.source")}
              value={terms.source}
              onChange={(event) => change({ source: event.currentTarget.value })}
              maxLength={2000}
            />
            <Select
              label={t("datasets.consent")}
              data={CONSENTS.map((each) => ({ value: each, label: t(`datasets.consents.${each}`) }))}
              value={terms.consent}
              onChange={(value) =>
                change({ consent: CONSENTS.find((each) => each === value) ?? terms.consent })
              }
              allowDeselect={false}
            />
            <Textarea
              label={t("datasets.consentNote")}
              description={t("datasets.consentNoteHint")}
              value={terms.consent_note}
              onChange={(event) => change({ consent_note: event.currentTarget.value })}
              maxLength={2000}
            />
            <NumberInput
              label={t("datasets.retentionDays")}
              description={t("datasets.retentionHint")}
              min={0}
              max={36500}
              value={terms.retention_days}
              onChange={(value) => change({ retention_days: Number(value) || 0 })}
            />
            <Textarea
              label={t("common.reason")}
              value={terms.reason}
              onChange={(event) => change({ reason: event.currentTarget.value })}
              minLength={3}
              required
            />
            <Group justify="flex-end">
              <Button type="submit" loading={act.isPending}>
                {t("datasets.changeTerms")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
