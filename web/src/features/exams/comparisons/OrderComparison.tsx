import {
  Button,
  Group,
  MultiSelect,
  NativeSelect,
  NumberInput,
  SimpleGrid,
  Stack,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type Ref, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Comparison } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { PageLink } from "../../../components/Links";
import { suitesQuery } from "../api";
import { useOrderComparison } from "./api";

const QUESTIONS: Comparison["question"][] = ["better", "noninferior"];
const MARGINS = { better: 5, noninferior: 2 };

/** Examine a version beside another one; it stops as soon as the answer is clear. */
export function OrderComparison({ first }: { first?: Ref<HTMLInputElement> }) {
  const { t } = useTranslation();
  const suites = useQuery(suitesQuery());
  const [version, setVersion] = useState("");
  const [reference, setReference] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [question, setQuestion] = useState<Comparison["question"]>("better");
  const [margin, setMargin] = useState<number | string>(MARGINS.better);
  const order = useOrderComparison(t("exams.comparisonOrdered"));
  function submit(event: FormEvent) {
    event.preventDefault();
    order.mutate({
      version: version.trim(),
      reference: reference.trim(),
      suites: chosen,
      question,
      margin: Number(margin) / 100 || null,
    });
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        {order.isError && <ErrorBox error={order.error} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            ref={first}
            label={t("exams.version")}
            placeholder="support/assistant@4"
            value={version}
            onChange={(event) => setVersion(event.currentTarget.value)}
            required
          />
          <TextInput
            label={t("exams.reference")}
            placeholder="support/assistant@3"
            value={reference}
            onChange={(event) => setReference(event.currentTarget.value)}
            required
          />
          <NativeSelect
            label={t("exams.questionAsked")}
            value={question}
            data={QUESTIONS.map((value) => ({ value, label: t(`exams.ask.${value}`) }))}
            onChange={(event) => {
              const asked = event.currentTarget.value === "better" ? "better" : "noninferior";
              setQuestion(asked);
              setMargin(MARGINS[asked]);
            }}
          />
          <NumberInput
            label={t("exams.margin")}
            description={t("exams.marginHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            suffix=" %"
            min={0.1}
            max={99}
            decimalScale={2}
            value={margin}
            onChange={setMargin}
            hideControls
          />
        </SimpleGrid>
        <MultiSelect
          label={t("exams.exams")}
          data={suites.data?.items.map(({ name }) => name) ?? []}
          value={chosen}
          onChange={setChosen}
          searchable
          required
        />
        <Group>
          <Button type="submit" loading={order.isPending} disabled={chosen.length === 0}>
            {t("exams.compare")}
          </Button>
          {order.data && (
            <PageLink to="/jobs/$id" params={{ id: order.data.id }} size="sm">
              {t("exams.toJob")}
            </PageLink>
          )}
        </Group>
      </Stack>
    </form>
  );
}
