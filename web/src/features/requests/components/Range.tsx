import { Box, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import type { Span } from "../api";
import classes from "./Range.module.css";

interface Props {
  span: Span;
  floor: number;
}

/** A range of scores between 0 and 100 %, its middle, and the floor as a line; the same in words below. */
export function Range({ span, floor }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const words =
    span.mid === null
      ? t("requests.rangeUnknown", { range: formats.interval(span.low, span.high) })
      : t("requests.range", { mid: formats.percent(span.mid), range: formats.interval(span.low, span.high) });
  const at = (share: number) => `${Math.min(100, Math.max(0, share * 100))}%`;
  return (
    <Stack gap={4}>
      <Box
        className={classes.track}
        role="img"
        aria-label={`${words} ${t("requests.floorAt", { floor: formats.percent(floor) })}`}
      >
        <span className={classes.span} style={{ left: at(span.low), right: at(1 - span.high) }} />
        {span.mid !== null && <span className={classes.mid} style={{ left: at(span.mid) }} />}
        <span className={classes.floor} style={{ left: at(floor) }} />
      </Box>
      <Text size="sm">
        {words}{" "}
        <Text span size="sm" c="dimmed">
          {t("requests.floorAt", { floor: formats.percent(floor) })}
        </Text>
      </Text>
    </Stack>
  );
}
