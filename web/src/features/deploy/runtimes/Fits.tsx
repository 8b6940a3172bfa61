import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Fit } from "../../../api/types";
import { type Column, DataTable } from "../../../components/DataTable";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { fitsQuery } from "../runtimesApi";

interface Props {
  version: string;
  onVersion: (version: string) => void;
}

/** Where one version can run, the best place first, and why not elsewhere. */
export function Fits({ version, onVersion }: Props): ReactNode {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(version);
  const fits = useQuery(fitsQuery(version));
  return (
    <Section title={t("runtimes.fits")} term={t("runtimes.fitsTerm")}>
      <Stack gap="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            onVersion(asked.trim());
          }}
        >
          <Group align="flex-end">
            <TextInput
              label={t("runtimes.version")}
              placeholder="support/assistant@3"
              value={asked}
              onChange={(event) => setAsked(event.currentTarget.value)}
              maxLength={160}
              spellCheck={false}
              autoCapitalize="none"
            />
            <Button type="submit" variant="default" disabled={asked.trim() === ""}>
              {t("runtimes.look")}
            </Button>
          </Group>
        </form>
        {version !== "" && <QueryView query={fits}>{({ fits: rows }) => <FitTable rows={rows} />}</QueryView>}
      </Stack>
    </Section>
  );
}

/** The same on the chips of this house, for a page about the version. */
export function FitsHere({ version }: { version: string }): ReactNode {
  const { t } = useTranslation();
  const fits = useQuery(fitsQuery(version));
  return (
    <Section title={t("runtimes.fitsHere")} term={t("runtimes.fitsTerm")}>
      <QueryView query={fits} lines={3}>
        {({ fits: rows }) => <FitTable rows={rows.filter(({ here }) => here)} />}
      </QueryView>
    </Section>
  );
}

function FitTable({ rows }: { rows: Fit[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const columns: Column<Fit>[] = [
    { key: "chip", header: t("runtimes.chip"), render: ({ chip }) => chip },
    { key: "runtime", header: t("runtimes.runtime"), render: ({ runtime }) => runtime },
    {
      key: "verdict",
      header: t("runtimes.verdict"),
      render: ({ verdict }) => <StateBadge of="fit" state={verdict} />,
    },
    {
      key: "bytes",
      header: t("runtimes.memory"),
      numeric: true,
      render: ({ bytes }) => formats.bytes(bytes),
    },
    {
      key: "reasons",
      header: t("runtimes.why"),
      render: ({ reasons, through }) =>
        reasons.length === 0
          ? through
          : reasons.map(({ code, message, fix }) => (
              <Text key={code} size="sm">
                {`${message} ${fix}`.trim()}
              </Text>
            )),
    },
  ];
  return (
    <DataTable
      caption={t("runtimes.fits")}
      columns={columns}
      rows={rows}
      rowKey={({ runtime, chip }) => `${runtime} ${chip}`}
    />
  );
}
