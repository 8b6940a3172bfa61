import { NumberInput, Slider, Text } from "@mantine/core";
import classes from "./Studio.module.css";

interface Props {
  label: string;
  /** What the number belongs to, for those who cannot see what stands above. */
  of: string;
  value: number;
  min: number;
  max: number;
  /** The number may lie above what the slider reaches. */
  most?: number;
  step: number;
  onChange: (value: number) => void;
}

/** A number as a slider, and as a field beside it for those who know it exactly. */
export function Dial({ label, of, value, min, max, most = max, step, onChange }: Props) {
  const take = (given: number | string) => {
    if (typeof given === "number" && Number.isFinite(given)) onChange(given);
  };
  return (
    <div className={classes.dial}>
      <Text size="sm" aria-hidden>
        {label}
      </Text>
      <Slider
        value={Math.min(max, Math.max(min, value))}
        min={min}
        max={max}
        step={step}
        label={null}
        thumbLabel={`${label}: ${of}`}
        onChange={(given) => take(Math.round(given * 1000) / 1000)}
      />
      <NumberInput
        aria-label={`${label}: ${of}`}
        value={value}
        min={min}
        max={most}
        step={step}
        decimalScale={4}
        clampBehavior="blur"
        size="xs"
        onChange={take}
      />
    </div>
  );
}
