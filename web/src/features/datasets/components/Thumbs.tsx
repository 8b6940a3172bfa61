import { ActionIcon, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { type Rating, useRate } from "../api";

interface Props {
  completion: string;
  messages: Rating["messages"];
  answer: string;
}

/** Good or bad, with a word about why; says where it goes. */
export function Thumbs({ completion, messages, answer }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const rate = useRate(t("deploy.thanks"));
  const [rating, setRating] = useState<1 | -1 | null>(null);
  const [comment, setComment] = useState("");
  const [correction, setCorrection] = useState("");
  if (!may("feedback.give")) return null;
  if (rate.isSuccess) {
    return (
      <Text size="sm" c="dimmed" role="status">
        {t("deploy.rated")}
      </Text>
    );
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    if (rating === null) return;
    const wanted = rating === -1 ? correction.trim() : "";
    rate.mutate({
      completion_id: completion,
      rating,
      comment: comment.trim(),
      correction: wanted,
      messages,
      answer,
    });
  }
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap={4}>
        <ActionIcon
          variant={rating === 1 ? "filled" : "default"}
          aria-pressed={rating === 1}
          aria-label={t("deploy.good")}
          onClick={() => setRating(1)}
        >
          <IconThumbUp size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant={rating === -1 ? "filled" : "default"}
          aria-pressed={rating === -1}
          aria-label={t("deploy.bad")}
          onClick={() => setRating(-1)}
        >
          <IconThumbDown size={16} aria-hidden />
        </ActionIcon>
      </Group>
      {rating !== null && (
        <form onSubmit={submit} aria-label={t("deploy.feedback")}>
          <Stack gap="xs" align="flex-end">
            <Textarea
              label={t("deploy.comment")}
              description={t("deploy.consent")}
              value={comment}
              onChange={(event) => setComment(event.currentTarget.value)}
              maxLength={2000}
              autosize
              minRows={2}
              w={{ base: "100%", xs: 360 }}
            />
            {rating === -1 && (
              <Textarea
                label={t("deploy.correction")}
                description={t("deploy.correctionHint")}
                value={correction}
                onChange={(event) => setCorrection(event.currentTarget.value)}
                maxLength={16_000}
                autosize
                minRows={2}
                maxRows={8}
                w={{ base: "100%", xs: 360 }}
              />
            )}
            <Button type="submit" size="xs" loading={rate.isPending}>
              {t("deploy.sendFeedback")}
            </Button>
          </Stack>
        </form>
      )}
    </Stack>
  );
}
