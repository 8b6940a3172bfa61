import { ActionIcon, Button, Group, Popover, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { IconBookmark, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "../../../api/session";
import { Copy } from "../../../components/CopyBlock";
import { PageLink } from "../../../components/Links";
import { parseSearch } from "../../../lib/search";
import { directorySearch } from "./filters";
import { parseViews, type View, viewsKey, withoutView, withView } from "./views";

/** Names for what is shown: kept in this browser, and handed on as a link. */
export function SavedViews({ search }: { search: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const [opened, { toggle, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const [views, setViews] = useLocalStorage<View[]>({
    key: viewsKey(me.person.username),
    defaultValue: [],
    deserialize: (text) => parseViews(text ?? null),
    getInitialValueInEffect: false,
  });

  function save(event: FormEvent) {
    event.preventDefault();
    if (!name.trim()) return;
    setViews(withView(views, { name: name.trim(), search }));
    setName("");
  }

  return (
    <Popover
      opened={opened}
      onChange={(now) => !now && close()}
      position="bottom-end"
      withinPortal
      width={320}
      trapFocus
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconBookmark size={16} aria-hidden />}
          onClick={toggle}
          aria-expanded={opened}
        >
          {t("directory.views")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("directory.views")}>
        <Stack gap="sm">
          {views.length === 0 && (
            <Text size="sm" c="dimmed">
              {t("directory.noViews")}
            </Text>
          )}
          <Stack component="ul" gap={4} m={0} p={0} style={{ listStyle: "none" }}>
            {views.map((view) => (
              <Group key={view.name} component="li" justify="space-between" wrap="nowrap" gap={6}>
                <PageLink
                  to="/models"
                  search={directorySearch(parseSearch(view.search))}
                  onClick={close}
                  size="sm"
                  style={{ overflowWrap: "anywhere" }}
                >
                  {view.name}
                </PageLink>
                <Group gap={4} wrap="nowrap">
                  <Copy
                    text={`${window.location.origin}/models?${view.search}`}
                    what={t("directory.viewLink", { name: view.name })}
                  />
                  <ActionIcon
                    variant="default"
                    size="md"
                    aria-label={t("directory.dropView", { name: view.name })}
                    onClick={() => setViews(withoutView(views, view.name))}
                  >
                    <IconTrash size={16} aria-hidden />
                  </ActionIcon>
                </Group>
              </Group>
            ))}
          </Stack>
          <form onSubmit={save}>
            <Group align="flex-end" gap="xs" wrap="nowrap">
              <TextInput
                label={t("directory.viewName")}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                maxLength={60}
                flex={1}
              />
              <Button type="submit" disabled={!name.trim()}>
                {t("directory.saveView")}
              </Button>
            </Group>
          </form>
          <Text size="xs" c="dimmed">
            {t("directory.viewsHint")}
          </Text>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
