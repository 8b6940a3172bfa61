import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  /** The plain technical term. */
  term?: string;
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, term, actions, children }: Props) {
  const id = useId();
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id} miw={0}>
      <Stack gap="sm">
        <Group justify="space-between" align="center">
          <Group gap="xs" align="baseline">
            <Title order={2} size="h4" id={id}>
              {title}
            </Title>
            {term && (
              <Text size="sm" c="dimmed">
                {term}
              </Text>
            )}
          </Group>
          {actions && <Group gap="xs">{actions}</Group>}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}
