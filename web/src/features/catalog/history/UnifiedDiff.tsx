import { Box, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./UnifiedDiff.module.css";
import { diffLines } from "./values";

/** A text file's changes; the sign in front says what the colour says. */
export function UnifiedDiff({ path, diff, cut }: { path: string; diff: string; cut: boolean }) {
  const { t } = useTranslation();
  return (
    <Stack gap={4}>
      <Text component="h3" fw={600} size="sm" m={0}>
        <code>{path}</code>
      </Text>
      <Box
        component="pre"
        role="region"
        className={classes.diff}
        tabIndex={0}
        aria-label={t("personnel.changesOf", { path })}
      >
        {diffLines(diff).map(({ id, kind, text }) => (
          <span key={id} className={classes[kind]}>
            {text}
            {"\n"}
          </span>
        ))}
      </Box>
      {cut && (
        <Text size="sm" c="dimmed">
          {t("personnel.diffCut")}
        </Text>
      )}
    </Stack>
  );
}
