import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { CopyBlock } from "../../../components/CopyBlock";
import { DataTable } from "../../../components/DataTable";
import { Digest } from "../../../components/Digest";
import { PageLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { contentAddress, headerQuery, textQuery, type VersionPath } from "../fileApi";
import { TensorTable } from "./TensorTable";

const route = getRouteApi("/shell/models/$department/$model");

const CARD = "README.md";

interface Props {
  path: VersionPath;
  version: Pick<Version, "files" | "may_use_weights">;
}

/** The files of a version; the one that the address names is open. Who may not use its weights reads the card alone. */
export function FilesTab({ path: place, version: { files, may_use_weights: all } }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { path } = route.useSearch();
  const given = (file: string) => all || file === CARD;
  // What the tensors are called is no secret.
  const shown = (file: string) => given(file) || file.endsWith(".safetensors");
  const open = files.find((file) => file.path === path && shown(file.path));
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("personnel.filesHint", {
          number: formats.number(files.length),
          size: formats.bytes(files.reduce((sum, file) => sum + file.size, 0)),
        })}
      </Text>
      {!all && <Text size="sm">{t("personnel.filesClosed")}</Text>}
      <DataTable
        caption={t("catalog.filesCaption")}
        rows={files}
        rowKey={(file) => file.path}
        columns={[
          {
            key: "path",
            header: t("common.name"),
            render: (file) =>
              shown(file.path) ? (
                <PageLink
                  from="/models/$department/$model"
                  to="/models/$department/$model"
                  search={(before) => ({ ...before, path: file.path })}
                  aria-current={file.path === path ? "true" : undefined}
                >
                  {file.path}
                </PageLink>
              ) : (
                file.path
              ),
          },
          {
            key: "size",
            header: t("catalog.size"),
            numeric: true,
            render: (file) => formats.bytes(file.size),
          },
          { key: "digest", header: t("common.digest"), render: (file) => <Digest value={file.digest} /> },
          {
            key: "get",
            header: t("personnel.download"),
            render: (file) =>
              given(file.path) && (
                <Anchor
                  href={contentAddress(place, file.path)}
                  download
                  size="sm"
                  aria-label={t("personnel.downloadFile", { path: file.path })}
                >
                  <IconDownload size={18} aria-hidden />
                </Anchor>
              ),
          },
        ]}
      />
      {open && <OpenFile version={place} path={open.path} />}
    </Stack>
  );
}

function OpenFile({ version, path }: { version: VersionPath; path: string }) {
  const { t } = useTranslation();
  const navigate = route.useNavigate();
  const close = () => void navigate({ search: (before) => ({ ...before, path: undefined }) });
  return (
    <Stack gap="xs" component="section" aria-label={path}>
      <Group justify="space-between">
        <Text component="h3" fw={600} size="sm" m={0}>
          <code>{path}</code>
        </Text>
        <Button variant="default" size="xs" onClick={close}>
          {t("common.close")}
        </Button>
      </Group>
      {path.endsWith(".safetensors") ? (
        <Header version={version} path={path} />
      ) : (
        <PlainText version={version} path={path} />
      )}
    </Stack>
  );
}

function Header({ version, path }: { version: VersionPath; path: string }) {
  const header = useQuery(headerQuery(version, path));
  return <QueryView query={header}>{(found) => <TensorTable header={found} />}</QueryView>;
}

const LONGEST = 200_000;

function PlainText({ version, path }: { version: VersionPath; path: string }) {
  const { t } = useTranslation();
  const text = useQuery(textQuery(version, path));
  return (
    <QueryView query={text}>
      {(found) => (
        <>
          <CopyBlock text={found.text.slice(0, LONGEST)} what={path} maxHeight={560} />
          {found.text.length > LONGEST && (
            <Text size="sm" c="dimmed">
              {t("personnel.textCut")}
            </Text>
          )}
        </>
      )}
    </QueryView>
  );
}
