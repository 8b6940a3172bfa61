import { ActionIcon, AppShell, Burger, Button, Group, Kbd, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { PageLink } from "../../components/Links";
import { LanguageMenu, SchemeMenu } from "../../components/TopMenus";
import { Bell } from "../../features/notices/Bell";
import { useHouse } from "../../features/notices/useHouse";
import { Tour } from "../tour/Tour";
import { AccountMenu } from "./AccountMenu";
import { usePageKeys } from "./keys";
import { Navigation } from "./Navigation";
import { Palette } from "./Palette";

/** The frame of every page after signing in. */
export function Shell() {
  const { t } = useTranslation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const before = useRef(pathname);
  // The frame is painted first, and then the page in it.
  const framed = useDeferredValue(true, false);
  useHouse();
  usePageKeys();

  // A screen reader starts at the new page, not where the old link was.
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    close();
    main.current?.focus({ preventScroll: true });
  }, [pathname, close]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !opened } }}
      padding="md"
    >
      <a className="skip-link" href="#main">
        {t("shell.skip")}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t("shell.menu")}
              aria-expanded={opened}
            />
            <PageLink to="/" underline="never" c="inherit" aria-label={t("shell.home")}>
              <Group gap={8} wrap="nowrap">
                <img src="/favicon.svg" width={26} height={26} alt="" />
                <Text fw={700} size="lg" span>
                  aird
                </Text>
                <Text size="sm" c="dimmed" visibleFrom="md" span>
                  {t("shell.product")}
                </Text>
              </Group>
            </PageLink>
          </Group>
          <Group gap={6} wrap="nowrap">
            <SearchButton />
            <LanguageMenu />
            <SchemeMenu />
            <Bell />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={t("shell.navigation")}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1}>
        <div style={{ maxWidth: 1240, margin: "0 auto" }}>{framed && <Outlet />}</div>
      </AppShell.Main>
      <Palette />
      <Tour />
    </AppShell>
  );
}

/** Opens the command palette; on a phone it is only its picture. */
function SearchButton() {
  const { t } = useTranslation();
  return (
    <>
      <Button
        visibleFrom="sm"
        variant="default"
        size="compact-md"
        c="dimmed"
        leftSection={<IconSearch size={16} aria-hidden />}
        rightSection={<Kbd size="xs">Ctrl K</Kbd>}
        onClick={spotlight.open}
        aria-keyshortcuts="Control+K"
        data-tour="search"
      >
        {t("shell.search")}
      </Button>
      <ActionIcon
        hiddenFrom="sm"
        variant="subtle"
        color="gray"
        size="lg"
        onClick={spotlight.open}
        aria-label={t("shell.palette")}
      >
        <IconSearch size={20} aria-hidden />
      </ActionIcon>
    </>
  );
}
