import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Token } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { tokensQuery, useRevokeToken } from "../api";
import { TokenForm } from "./TokenForm";

/** Tokens with creation and revocation; `own` keeps the list to one person's. */
export function Tokens({ own }: { own?: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const tokens = useQuery(tokensQuery);
  const [opened, { open, close }] = useDisclosure(false);

  const columns: Column<Token>[] = [
    { key: "name", header: t("common.name"), render: (token) => token.name },
    { key: "kind", header: t("common.kind"), render: (token) => t(`auth.tokenKind.${token.kind}`) },
    { key: "prefix", header: t("auth.tokenStart"), render: (token) => <code>{token.prefix}…</code> },
    ...(own
      ? []
      : [{ key: "person", header: t("auth.person"), render: (token: Token) => token.person ?? "–" }]),
    { key: "department", header: t("common.department"), render: (token) => token.department ?? "–" },
    { key: "used", header: t("auth.lastUsed"), render: (token) => <Since at={token.last_used_at} /> },
    { key: "expires", header: t("auth.expires"), render: (token) => formats.day(token.expires_at) },
    { key: "revoke", header: t("common.actions"), render: (token) => <Revoke token={token} /> },
  ];

  return (
    <Stack gap="sm">
      <Group>
        <Button onClick={open}>{t("auth.newToken")}</Button>
      </Group>
      <QueryView query={tokens} lines={3}>
        {({ items }) => {
          const rows = own ? items.filter((token) => token.person === own) : items;
          if (rows.length === 0)
            return <EmptyState title={t("auth.noTokens")} hint={t("auth.noTokensHint")} />;
          return (
            <DataTable
              caption={t("auth.tokens")}
              columns={columns}
              rows={rows}
              rowKey={(token) => token.id}
            />
          );
        }}
      </QueryView>
      <Modal
        opened={opened}
        onClose={close}
        title={t("auth.newToken")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <TokenForm key={String(opened)} forOthers={!own} onDone={close} />
      </Modal>
    </Stack>
  );
}

function Revoke({ token }: { token: Token }) {
  const { t } = useTranslation();
  const revoke = useRevokeToken(t("auth.tokenRevoked", { name: token.name }));
  if (token.revoked_at) {
    return (
      <Text size="sm" c="dimmed" span>
        {t("auth.revoked")}
      </Text>
    );
  }
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={revoke.isPending}
      aria-label={t("auth.revokeWhich", { name: token.name })}
      onClick={() => revoke.mutate(token.id)}
    >
      {t("auth.revoke")}
    </Button>
  );
}
