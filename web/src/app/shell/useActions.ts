import { useMantineColorScheme } from "@mantine/core";
import {
  type Icon,
  IconClipboardPlus,
  IconHelp,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSettings,
  IconSun,
  IconUserPlus,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import { useSignOut } from "../../features/auth/api";
import { chooseLanguage, LANGUAGES } from "../../lib/i18n";

interface Action {
  label: string;
  icon: Icon;
  run: () => void;
}

/** Acts that need no page of their own, for the command palette. */
export function useActions(): Action[] {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut(() => navigate({ to: "/login" }));
  const actions: (Action | false)[] = [
    may("request.write") && {
      label: t("home.newRequest"),
      icon: IconClipboardPlus,
      run: () => void navigate({ to: "/requests/new" }),
    },
    may("model.write") && {
      label: t("register.action"),
      icon: IconUserPlus,
      run: () => void navigate({ to: "/register" }),
    },
    { label: t("shell.help"), icon: IconHelp, run: () => void navigate({ to: "/help" }) },
    { label: t("shell.settings"), icon: IconSettings, run: () => void navigate({ to: "/account" }) },
    ...LANGUAGES.filter(({ code }) => code !== i18n.language).map(({ code, name }) => ({
      label: `${t("shell.language")}: ${name}`,
      icon: IconLanguage,
      run: () => void chooseLanguage(code),
    })),
    {
      label: `${t("shell.scheme")}: ${t("shell.schemes.light")}`,
      icon: IconSun,
      run: () => setColorScheme("light"),
    },
    {
      label: `${t("shell.scheme")}: ${t("shell.schemes.dark")}`,
      icon: IconMoon,
      run: () => setColorScheme("dark"),
    },
    { label: t("shell.signOut"), icon: IconLogout, run: () => signOut.mutate() },
  ];
  return actions.filter((each) => each !== false);
}
