import { Stack, Tabs, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CopyBlock } from "../../../components/CopyBlock";

function python(base: string, model: string): string {
  return `from openai import OpenAI

client = OpenAI(base_url="${base}", api_key="aird_key_...")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(answer.choices[0].message.content)`;
}

function curl(base: string, model: string): string {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello!" }] });
  return `curl ${base}/chat/completions \\
  -H "Authorization: Bearer $AIRD_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${body}'`;
}

/** How a program calls this endpoint: any OpenAI client does. */
export function Snippet({ model }: { model: string }) {
  const { t } = useTranslation();
  const base = `${window.location.origin}/v1`;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("deploy.callHint")}
      </Text>
      <Tabs defaultValue="python">
        <Tabs.List mb="xs">
          <Tabs.Tab value="python">Python</Tabs.Tab>
          <Tabs.Tab value="curl">curl</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="python">
          <CopyBlock text={python(base, model)} what="Python" />
        </Tabs.Panel>
        <Tabs.Panel value="curl">
          <CopyBlock text={curl(base, model)} what="curl" />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
