import { Badge, Group, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Notice } from "../../api/types";
import { Since } from "../../components/Since";
import { useSubject } from "../../lib/useEvents";
import { useLabels } from "../../lib/useLabels";
import { useSaid } from "../../lib/useSaid";

/** One thing to hear of, with a link to where it can be looked at. */
export function NoticeLine({
  notice,
  fresh,
  onOpen,
}: {
  notice: Notice;
  fresh: boolean;
  onOpen: () => void;
}) {
  const { t } = useTranslation();
  const said = useSaid();
  const label = useLabels();
  const subject = useSubject()(notice.event, notice.subject);
  const navigate = useNavigate();
  const page = notice.page;
  return (
    <li>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={fresh ? 600 : undefined} style={{ overflowWrap: "anywhere" }}>
            {label("notices.event", notice.event)}{" "}
            {page ? (
              <a
                href={page}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                  event.preventDefault();
                  onOpen();
                  void navigate({ href: page });
                }}
              >
                <bdi>{subject}</bdi>
              </a>
            ) : (
              <bdi>{subject}</bdi>
            )}
          </Text>
          <Text size="xs" c="dimmed" component="div" lineClamp={3}>
            <Since at={notice.at} /> · {notice.actor}
            {notice.reason && ` · ${said(notice.reason)}`}
          </Text>
        </div>
        {fresh && (
          <Badge size="xs" variant="light" style={{ flexShrink: 0 }}>
            {t("notices.new")}
          </Badge>
        )}
      </Group>
    </li>
  );
}
