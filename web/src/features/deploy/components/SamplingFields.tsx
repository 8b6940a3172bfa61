import { NumberInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

type Figure = number | string;

interface Props {
  temperature: Figure;
  onTemperature: (value: Figure) => void;
  maxTokens: Figure;
  onMaxTokens: (value: Figure) => void;
}

/** How freely a model answers, and at what length. */
export function SamplingFields({ temperature, onTemperature, maxTokens, onMaxTokens }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <NumberInput
        label={t("deploy.temperature")}
        value={temperature}
        onChange={onTemperature}
        min={0}
        max={2}
        step={0.1}
        decimalScale={2}
        hideControls
        w={120}
      />
      <NumberInput
        label={t("deploy.maxTokens")}
        value={maxTokens}
        onChange={onMaxTokens}
        min={1}
        max={4096}
        allowDecimal={false}
        hideControls
        w={140}
      />
    </>
  );
}
