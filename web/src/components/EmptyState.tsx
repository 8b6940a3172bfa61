import { Paper, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface Props {
  title: string;
  hint?: ReactNode;
  action?: ReactNode;
}

/** Nothing here yet, and the one thing to do about it. */
export function EmptyState({ title, hint, action }: Props) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="xs" ta="center">
        <ThemeIcon variant="light" color="gray" size="xl" radius="xl" aria-hidden>
          <IconInbox />
        </ThemeIcon>
        <Text fw={600}>{title}</Text>
        {hint && (
          <Text c="dimmed" size="sm" maw="60ch" component="div">
            {hint}
          </Text>
        )}
        {action}
      </Stack>
    </Paper>
  );
}
