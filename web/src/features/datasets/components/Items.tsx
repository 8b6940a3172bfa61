import { Paper, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

type Item = Record<string, unknown>;
interface Message {
  role: string;
  content: string;
}

/** Items as a person reads them: turn by turn, with the choices and the right answer of an exam. */
export function Items({ items }: { items: Item[] }) {
  return (
    <Stack gap="xs">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the items never move
        <Paper key={index} withBorder p="xs" bg="var(--mantine-color-body)">
          <ItemView item={item} />
        </Paper>
      ))}
    </Stack>
  );
}

function ItemView({ item }: { item: Item }) {
  const { t } = useTranslation();
  const messages = (item.messages ?? []) as Message[];
  const choices = (item.choices ?? []) as string[];
  const right = typeof item.answer === "number" ? choices[item.answer] : item.target;
  return (
    <Stack gap={4}>
      {typeof item.text === "string" && <Words label={t("datasets.formats.text")} words={item.text} />}
      {messages.map((message, index) => (
        <Words
          // biome-ignore lint/suspicious/noArrayIndexKey: the turns never move
          key={index}
          label={t(`datasets.roles.${message.role}`, message.role)}
          words={message.content}
        />
      ))}
      {choices.length > 0 && <Words label={t("datasets.choices")} words={choices.join(" · ")} />}
      {typeof right === "string" && <Words label={t("datasets.right")} words={right} />}
    </Stack>
  );
}

function Words({ label, words }: { label: string; words: string }) {
  return (
    <Text
      size="sm"
      component="div"
      lineClamp={6}
      style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
    >
      <Text span size="xs" c="dimmed" mr="xs">
        {label}
      </Text>
      {words}
    </Text>
  );
}
