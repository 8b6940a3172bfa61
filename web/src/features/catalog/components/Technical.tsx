import { Anchor, Collapse, Group, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** What only specialists ask for: folded away until somebody does. */
export function Technical({ title, children }: { title?: string; children: ReactNode }) {
  const { t } = useTranslation();
  const [open, { toggle }] = useDisclosure();
  return (
    <Stack gap="xs">
      <Anchor component="button" type="button" size="sm" aria-expanded={open} onClick={toggle} ta="start">
        <Group gap={4} component="span">
          {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
          {title ?? t("catalog.technical")}
        </Group>
      </Anchor>
      <Collapse expanded={open}>{open && children}</Collapse>
    </Stack>
  );
}
