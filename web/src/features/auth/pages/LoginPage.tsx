import {
  Box,
  Button,
  Center,
  Group,
  Loader,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ErrorBox } from "../../../components/ErrorBox";
import { LanguageMenu, SchemeMenu } from "../../../components/TopMenus";
import { localPath } from "../../../lib/localPath";
import { useSignIn, useSignInByLink } from "../api";

const route = getRouteApi("/login");

export function LoginPage(): ReactNode {
  const { t } = useTranslation();
  const { once, next } = route.useSearch();
  const router = useRouter();
  const byLink = useSignInByLink();
  const signIn = useSignIn();
  const tried = useRef<string | null>(null);
  const form = useForm({ initialValues: { username: "", password: "" } });

  // router.history knows nothing of typed routes, and `next` is any address of ours.
  const enter = () => router.history.replace(localPath(next));

  // A link works once, and React may run an effect twice: hence the note of what was tried.
  useEffect(() => {
    if (!once || tried.current === once) return;
    tried.current = once;
    byLink.mutate(once, { onSuccess: enter });
  });
  useEffect(() => {
    document.title = `${t("auth.signIn")} · aird`;
  }, [t]);

  if (once && !byLink.isError) {
    return (
      <Center mih="60vh" component="main">
        <Stack align="center" role="status">
          <Loader aria-hidden />
          <Text>{t("auth.signingIn")}</Text>
        </Stack>
      </Center>
    );
  }
  return (
    <Box component="main">
      <Group justify="flex-end" p="xs" gap={6}>
        <LanguageMenu />
        <SchemeMenu />
      </Group>
      <Center mih="70vh" p="md">
        <Paper withBorder p="xl" w="100%" maw={420} component="section" aria-labelledby="sign-in">
          <Stack>
            <div>
              <Title order={1} size="h2" id="sign-in">
                {t("auth.signIn")}
              </Title>
              <Text c="dimmed" size="sm">
                {t("auth.tagline")}
              </Text>
            </div>
            {byLink.isError && <ErrorBox error={byLink.error} />}
            {signIn.isError && <ErrorBox error={signIn.error} />}
            <form onSubmit={form.onSubmit((values) => signIn.mutate(values, { onSuccess: enter }))}>
              <Stack>
                <TextInput
                  label={t("auth.username")}
                  autoComplete="username"
                  autoCapitalize="none"
                  spellCheck={false}
                  required
                  {...form.getInputProps("username")}
                />
                <PasswordInput
                  label={t("auth.password")}
                  autoComplete="current-password"
                  required
                  visibilityToggleButtonProps={{ "aria-label": t("auth.showPassword") }}
                  {...form.getInputProps("password")}
                />
                <Button type="submit" loading={signIn.isPending}>
                  {t("auth.signIn")}
                </Button>
              </Stack>
            </form>
            <Text size="sm" c="dimmed">
              {t("auth.forgotten")}
            </Text>
          </Stack>
        </Paper>
      </Center>
    </Box>
  );
}
