import { ActionIcon, Button, Indicator, Popover, ScrollArea, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBell } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../components/QueryView";
import { deskQuery, noticesQuery, useChangeDesk } from "./api";
import { NoticeLine } from "./NoticeLine";

/** What this person should hear of; opening it is reading it. */
export function Bell() {
  const { t } = useTranslation();
  const desk = useQuery(deskQuery);
  const change = useChangeDesk();
  const [opened, { open, close }] = useDisclosure(false);
  const unread = desk.data?.unread ?? 0;
  const label = unread > 0 ? t("notices.bellNew", { number: unread }) : t("notices.bell");
  return (
    <Popover
      opened={opened}
      onChange={(wanted) => (wanted ? open() : close())}
      width="min(26rem, 94vw)"
      position="bottom-end"
      withArrow
      trapFocus
      returnFocus
      shadow="md"
    >
      <Indicator
        disabled={unread === 0}
        label={unread > 98 ? "99+" : unread}
        size={16}
        offset={5}
        color="red.8"
      >
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={label}
            aria-expanded={opened}
            onClick={opened ? close : open}
          >
            <IconBell size={20} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown aria-label={t("notices.bell")}>
        {opened && (
          <Notices seen={desk.data?.seen ?? 0} onRead={(seen) => change.mutate({ seen })} close={close} />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

interface Props {
  seen: number;
  onRead: (seq: number) => void;
  close: () => void;
}

function Notices({ seen, onRead, close }: Props) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(noticesQuery);
  return (
    <QueryView query={query} lines={3}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        const newest = items[0]?.seq ?? 0;
        if (items.length === 0) {
          return (
            <Stack gap={4}>
              <Text fw={600}>{t("notices.nothing")}</Text>
              <Text size="sm" c="dimmed">
                {t("notices.nothingHint")}
              </Text>
            </Stack>
          );
        }
        return (
          <Stack gap="xs">
            <ScrollArea.Autosize mah="60vh" type="auto">
              <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: "none" }}>
                {items.map((each) => (
                  <NoticeLine key={each.seq} notice={each} fresh={each.seq > seen} onOpen={close} />
                ))}
              </Stack>
            </ScrollArea.Autosize>
            {newest > seen && (
              <Button size="xs" variant="default" onClick={() => onRead(newest)}>
                {t("notices.markRead")}
              </Button>
            )}
            {query.hasNextPage && (
              <Button size="xs" variant="subtle" onClick={() => void query.fetchNextPage()}>
                {t("common.more")}
              </Button>
            )}
          </Stack>
        );
      }}
    </QueryView>
  );
}
