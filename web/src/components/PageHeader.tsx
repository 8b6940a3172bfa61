import { Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

interface Props {
  title: string;
  /** The plain technical term beside the friendly word. */
  term?: string;
  description?: ReactNode;
  badge?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, term, description, badge, actions }: Props) {
  useEffect(() => {
    document.title = `${title} · aird`;
  }, [title]);
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Stack gap={4} flex="1 1 18rem" miw={0}>
        <Group gap="sm" align="baseline">
          <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {term && (
            <Text c="dimmed" size="sm">
              {term}
            </Text>
          )}
          {badge}
        </Group>
        {description && (
          <Text c="dimmed" component="div" maw="75ch">
            {description}
          </Text>
        )}
      </Stack>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
