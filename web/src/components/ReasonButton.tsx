import { Button, type ButtonProps, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props extends Omit<ButtonProps, "children"> {
  label: string;
  /** What will happen, said before it does. */
  explanation: ReactNode;
  onConfirm: (reason: string) => Promise<unknown>;
  /** A reason may be left out. */
  optional?: boolean;
  describedBy?: string;
  /** Further fields, above the reason. */
  children?: ReactNode;
}

/** A button for something of weight: asks why, then does it. */
export function ReasonButton({
  label,
  explanation,
  onConfirm,
  optional,
  describedBy,
  children,
  ...button
}: Props) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const title = useId();

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      await onConfirm(reason.trim());
      setReason("");
      close();
    } catch {
      // The act itself has told the person what went wrong; the window stays open with their text.
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Button {...button} onClick={open} aria-describedby={describedBy}>
        {label}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={<span id={title}>{label}</span>}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <form onSubmit={submit} aria-labelledby={title}>
          <Stack>
            <Text size="sm" component="div">
              {explanation}
            </Text>
            {children}
            <Textarea
              label={optional ? t("common.reasonOptional") : t("common.reason")}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              required={!optional}
              autosize
              minRows={3}
              maxLength={2000}
              data-autofocus
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" color={button.color} loading={busy}>
                {t("common.confirm", { what: label })}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
