import { Button, Fieldset, Group, Stack, Text, Textarea } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { FEWEST_EXAMPLES, MOST_EXAMPLES } from "../states";
import { EMPTY, type Values } from "./values";

/** Questions as people will ask them, each with the answer that would be a good one. */
export function ExamplesEditor({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation();
  const { examples } = form.values;
  return (
    <Fieldset legend={t("requests.examples")}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {t("requests.examplesHint", { fewest: FEWEST_EXAMPLES, most: MOST_EXAMPLES })}
        </Text>
        {examples.map((_, at) => (
          <Group
            // biome-ignore lint/suspicious/noArrayIndexKey: an example is known by its place
            key={at}
            align="flex-start"
            gap="sm"
            role="group"
            aria-label={t("requests.example", { n: at + 1 })}
          >
            <Textarea
              label={t("requests.questionN", { n: at + 1 })}
              autosize
              minRows={1}
              maxLength={4000}
              flex="1 1 16rem"
              {...form.getInputProps(`examples.${at}.question`)}
            />
            <Textarea
              label={t("requests.answerN", { n: at + 1 })}
              autosize
              minRows={1}
              maxLength={4000}
              flex="1 1 16rem"
              {...form.getInputProps(`examples.${at}.answer`)}
            />
            <Button
              variant="subtle"
              size="compact-sm"
              mt={28}
              leftSection={<IconTrash size={14} aria-hidden />}
              aria-label={t("requests.removeExample", { n: at + 1 })}
              onClick={() => form.removeListItem("examples", at)}
            >
              {t("requests.remove")}
            </Button>
          </Group>
        ))}
        <Group>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            disabled={examples.length >= MOST_EXAMPLES}
            onClick={() => form.insertListItem("examples", EMPTY)}
          >
            {t("requests.addExample")}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
