import { Checkbox, JsonInput, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { JUDGES, type Judge, type Judging } from "./judging";

interface Props {
  judgedBy: Judge;
  inputs: (name: keyof Judging) => object;
  /** The same for a box that is ticked or not. */
  boxes: (name: keyof Judging) => object;
}

/** The choice of who compares, and what that needs. */
export function JudgeFields({ judgedBy, inputs, boxes }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <NativeSelect
        label={t("delivery.judgedBy")}
        description={t(`delivery.judgeHints.${judgedBy}`)}
        data={JUDGES.map((value) => ({ value, label: t(`delivery.judges.${value}`) }))}
        {...inputs("judgedBy")}
      />
      {judgedBy === "endpoint" && (
        <TextInput label={t("delivery.judge")} required maxLength={96} {...inputs("judge")} />
      )}
      {judgedBy === "exact" && (
        <>
          <TextInput
            label={t("delivery.extract")}
            description={t("delivery.extractHint")}
            maxLength={1000}
            {...inputs("extract")}
          />
          <Checkbox label={t("delivery.last")} description={t("delivery.lastHint")} {...boxes("last")} />
        </>
      )}
      {judgedBy === "f1" && (
        <NumberInput
          label={t("delivery.apart")}
          description={t("delivery.apartHint")}
          min={0}
          max={99}
          suffix=" %"
          allowDecimal={false}
          hideControls
          {...inputs("apart")}
        />
      )}
      {judgedBy === "regex" && (
        <>
          <TextInput
            label={t("delivery.pattern")}
            description={t("delivery.patternHint")}
            required
            maxLength={1000}
            {...inputs("pattern")}
          />
          <Checkbox label={t("delivery.ignoreCase")} {...boxes("ignoreCase")} />
          <Checkbox label={t("delivery.whole")} description={t("delivery.wholeHint")} {...boxes("whole")} />
        </>
      )}
      {judgedBy === "json" && (
        <JsonInput
          label={t("delivery.form")}
          description={t("delivery.formHint")}
          placeholder={'{"type": "object", "required": ["queue"]}'}
          autosize
          minRows={3}
          maxRows={12}
          styles={{ input: { fontFamily: "monospace" } }}
          {...inputs("form")}
        />
      )}
    </>
  );
}
