import { ActionIcon, Box, Code, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface CopyProps {
  /** Long texts are put together only when they are copied. */
  text: string | (() => string);
  what: string;
}

/** A button that copies a text; `what` names it for those who cannot see what stands beside. */
export function Copy({ text, what }: CopyProps) {
  const { t } = useTranslation();
  const { copied, copy } = useClipboard({ timeout: 1_000 });
  return (
    <Tooltip label={copied ? t("common.copied") : t("common.copy")} withArrow>
      <ActionIcon
        variant="default"
        size="md"
        aria-label={t("common.copyWhat", { what })}
        onClick={() => copy(typeof text === "string" ? text : text())}
        color={copied ? "teal" : undefined}
      >
        {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

interface Props {
  text: string;
  what: string;
  /** Long texts scroll inside this height. */
  maxHeight?: number;
}

/** Text to take elsewhere: a command, a recipe, a snippet. */
export function CopyBlock({ text, what, maxHeight = 360 }: Props) {
  return (
    <Box pos="relative">
      <Code
        block
        tabIndex={0}
        aria-label={what}
        style={{ maxHeight, overflow: "auto", paddingRight: "3rem" }}
      >
        {text}
      </Code>
      <Box pos="absolute" top={6} right={6}>
        <Copy text={text} what={what} />
      </Box>
    </Box>
  );
}
