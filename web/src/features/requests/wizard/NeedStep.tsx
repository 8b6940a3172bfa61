import {
  Button,
  Fieldset,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useOwnDepartmentChoices } from "../../../api/departments";
import { useMe } from "../../../api/session";
import type { Request } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { ButtonLink } from "../../../components/Links";
import { CURRENCY, currencySign } from "../../../lib/currency";
import { useFormats } from "../../../lib/useFormats";
import { endpointChoicesQuery, useKeepDraft } from "../api";
import { DATA_CLASSES } from "../states";
import { useWord } from "../useSaid";
import { ExamplesEditor } from "./ExamplesEditor";
import { bodyOf, type Values, valuesOf } from "./values";

const LANGUAGES = ["zh-CN", "en", "ja", "ko", "de", "fr", "es", "ru", "ar"];
const HALF = { base: "100%", sm: "calc(50% - 8px)" };

interface Props {
  draft?: Request;
  onKept: (request: Request) => void;
}

/** What is needed, in the department's own words, and what bounds it. */
export function NeedStep({ draft, onKept }: Props) {
  const { t, i18n } = useTranslation();
  const word = useWord();
  const me = useMe();
  const departments = useOwnDepartmentChoices();
  const endpoints = useQuery(endpointChoicesQuery);
  const keep = useKeepDraft();
  const own = me.roles.find((role) => role.department)?.department ?? null;
  const form = useForm<Values>({
    initialValues: valuesOf(draft, own, [i18n.language]),
    validate: {
      department: (value) => (value ? null : t("requests.departmentNeeded")),
      title: (value) => (value.trim() ? null : t("requests.titleNeeded")),
      need: (value) => (value.trim() ? null : t("requests.needNeeded")),
      examples: {
        question: (value, all, path) => half(value, all, path, "answer") && t("requests.questionNeeded"),
        answer: (value, all, path) => half(value, all, path, "question") && t("requests.answerNeeded"),
      },
    },
  });
  const formats = useFormats();
  const number = {
    min: 0,
    allowNegative: false,
    hideControls: true,
    thousandSeparator: true,
    w: HALF,
  } as const;
  const sign = <span aria-hidden>{currencySign(i18n.language)}</span>;
  const money = { ...number, leftSection: sign, decimalScale: 2 };
  const inMoney = (what: string) => t("requests.inMoney", { what, currency: CURRENCY });
  const submit = (values: Values) =>
    keep.mutate({ number: draft?.number, body: bodyOf(values) }, { onSuccess: onKept });
  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack>
        {keep.error && <ErrorBox error={keep.error} />}
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
        <Select
          label={t("common.department")}
          data={departments}
          withAsterisk
          disabled={draft !== undefined}
          nothingFoundMessage={t("common.nothingFound")}
          {...form.getInputProps("department")}
        />
        <ExamplesEditor form={form} />
        <Fieldset legend={t("requests.howMuch")}>
          <Group align="flex-end">
            <NumberInput
              label={t("requests.users")}
              allowDecimal={false}
              {...number}
              {...form.getInputProps("users")}
            />
            <NumberInput
              label={t("requests.volume")}
              description={t("requests.volumeHint")}
              allowDecimal={false}
              {...number}
              {...form.getInputProps("volume")}
            />
            <MultiSelect
              label={t("requests.languages")}
              data={LANGUAGES.map((value) => ({ value, label: formats.language(value) }))}
              w={HALF}
              {...form.getInputProps("languages")}
            />
            <Select
              label={t("requests.dataClassLabel")}
              data={DATA_CLASSES.map((value) => ({ value, label: word("dataClass", value) }))}
              allowDeselect={false}
              w={HALF}
              {...form.getInputProps("dataClass")}
            />
          </Group>
        </Fieldset>
        <Fieldset legend={t("requests.limits")}>
          <Group align="flex-end">
            <NumberInput
              label={t("requests.floor")}
              description={t("requests.floorHint")}
              suffix=" %"
              max={100}
              {...number}
              {...form.getInputProps("floor")}
            />
            <TextInput
              type="date"
              label={t("requests.deadline")}
              w={HALF}
              {...form.getInputProps("deadline")}
            />
            <NumberInput
              label={inMoney(t("requests.budgetOnce"))}
              {...money}
              {...form.getInputProps("once")}
            />
            <NumberInput
              label={inMoney(t("requests.budgetMonth"))}
              {...money}
              {...form.getInputProps("monthly")}
            />
            <NumberInput
              label={inMoney(t("requests.todayCost"))}
              description={t("requests.todayHint")}
              {...money}
              {...form.getInputProps("today")}
            />
            <Select
              label={t("requests.present")}
              description={t("requests.presentHint")}
              data={(endpoints.data?.items ?? []).map((each) => ({ value: each.name, label: each.title }))}
              clearable
              clearButtonProps={{ "aria-label": t("common.clear") }}
              w={HALF}
              {...form.getInputProps("present")}
            />
          </Group>
        </Fieldset>
        <Group>
          <Button type="submit" loading={keep.isPending}>
            {t("requests.keepAndTry")}
          </Button>
          <ButtonLink to="/requests" variant="default">
            {t("common.cancel")}
          </ButtonLink>
        </Group>
      </Stack>
    </form>
  );
}

/** Whether the other half of this example was written and this one was not. */
function half(value: string, all: Values, path: string, other: "question" | "answer"): boolean {
  const at = Number(path.split(".")[1]);
  return !value.trim() && Boolean(all.examples[at]?.[other].trim());
}
