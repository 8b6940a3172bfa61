import { Code, List, Stack, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { readQuestion } from "./question";

/** The first questions of an exam as people read them; the texts are untrusted and shown as nothing but text. */
export function Questions({ items }: { items: Record<string, unknown>[] }) {
  const { t } = useTranslation();
  return (
    <Stack component="ol" gap="md" m={0} ps="lg">
      {items.map((item) => {
        const { id, asked, choices, right, wanted } = readQuestion(item);
        return (
          <li key={id}>
            {asked === null ? (
              <Code block>{JSON.stringify(item, null, 2)}</Code>
            ) : (
              <Text size="sm" fw={600} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
                {asked}
              </Text>
            )}
            {choices.length > 0 && (
              <List size="sm" withPadding listStyleType="upper-latin" mt={4}>
                {choices.map((choice, place) => (
                  <List.Item key={choice} fw={place === right ? 600 : undefined}>
                    {choice}{" "}
                    {place === right && (
                      <IconCheck size={14} role="img" aria-label={t("exams.rightAnswer")} color="teal" />
                    )}
                  </List.Item>
                ))}
              </List>
            )}
            {wanted !== null && (
              <Text size="sm" mt={4} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
                {t("exams.rightAnswer")}: {wanted}
              </Text>
            )}
          </li>
        );
      })}
    </Stack>
  );
}
