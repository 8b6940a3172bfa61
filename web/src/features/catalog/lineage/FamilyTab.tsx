import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LineageGraph } from "../../../api/types";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import type { VersionPath } from "../fileApi";
import { kinQuery, lineageQuery } from "../lineageApi";
import { FamilyTable } from "./FamilyTable";
import { arrange, BUDGET, type Family, join, type Picture } from "./graph";

const FamilyGraph = lazy(() => import("./FamilyGraph"));
const HOPS = 2;

/** Where a version comes from and what came of it: two generations each way, more when asked for. */
export function FamilyTab({ version }: { version: VersionPath }) {
  const lineage = useQuery(lineageQuery(version, HOPS));
  return <QueryView query={lineage}>{(found) => <Relatives key={found.ref} first={found} />}</QueryView>;
}

function Relatives({ first }: { first: LineageGraph }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [family, setFamily] = useState<Family>(first);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<ReadonlySet<string>>(new Set([first.ref]));
  const [look, setLook] = useState<"graph" | "table">("graph");
  const [cut, setCut] = useState(first.cut);
  const picture = useMemo(() => arrange(family, first.ref, opened), [family, first.ref, opened]);

  const open = useCallback((fold: string) => setOpened((before) => new Set([...before, fold])), []);
  const ask = useCallback(
    async (ref: string) => {
      setAsked((before) => new Set([...before, ref]));
      const more = await queries.fetchQuery(kinQuery(ref));
      setFamily((before) => join(before, more));
      setCut((before) => before || more.cut);
    },
    [queries],
  );

  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t("family.look")}
          data={[
            { value: "graph", label: t("family.graph") },
            { value: "table", label: t("family.table") },
          ]}
          value={look}
          onChange={(value) => setLook(value === "table" ? "table" : "graph")}
        />
        {opened.size > 0 && (
          <Button variant="default" size="xs" onClick={() => setOpened(new Set())}>
            {t("family.foldAgain")}
          </Button>
        )}
      </Group>
      <LeftOut picture={picture} cut={cut} hidden={first.hidden} />
      {look === "table" ? (
        <FamilyTable family={family} focus={first.ref} />
      ) : (
        <Suspense fallback={<Text size="sm">{t("common.loading")}</Text>}>
          <FamilyGraph picture={picture} focus={first.ref} asked={asked} onOpen={open} onAsk={ask} />
        </Suspense>
      )}
      <Materials datasets={first.datasets} />
    </Stack>
  );
}

/** What is not on the picture, and why: never in silence. */
function LeftOut({
  picture,
  cut,
  hidden,
}: {
  picture: Picture;
  cut: boolean;
  hidden: LineageGraph["hidden"];
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const folded = picture.folds.reduce((sum, fold) => sum + fold.members.length, 0);
  const lines = [
    t("family.shown", { number: formats.number(picture.members.length), hops: HOPS }),
    folded > 0 &&
      t("family.folded", { number: formats.number(folded), groups: formats.number(picture.folds.length) }),
    picture.left > 0 &&
      t("family.left", { number: formats.number(picture.left), budget: formats.number(BUDGET) }),
    cut && t("family.cut", { limit: formats.number(BUDGET) }),
    hidden.up + hidden.down > 0 && t("family.hidden", { number: formats.number(hidden.up + hidden.down) }),
  ];
  return (
    <Text size="sm" c="dimmed" aria-live="polite" component="div" data-testid="left-out">
      {lines.filter(Boolean).map((line) => (
        <div key={String(line)}>{line}</div>
      ))}
    </Text>
  );
}

function Materials({ datasets }: { datasets: LineageGraph["datasets"] }) {
  const { t } = useTranslation();
  if (datasets.length === 0) return null;
  return (
    <div>
      <Text component="h3" fw={600} size="sm" m={0}>
        {t("catalog.datasets")}
      </Text>
      {datasets.map((each) => (
        <Text key={`${each.version} ${each.digest}`} size="sm">
          {each.ref}{" "}
          <Text span c="dimmed" size="sm">
            {t("family.datasetOf", { version: each.version })}
          </Text>
        </Text>
      ))}
    </div>
  );
}
