import { Alert, Button, Group, Slider, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { RolloutDetail } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { ReasonButton } from "../../../components/ReasonButton";
import { Since } from "../../../components/Since";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import { OPEN, rolloutQuery, useRollout } from "../deliveryApi";
import { HealthTable } from "./HealthTable";
import { Preference } from "./Preference";
import { shareOf, verdictText } from "./words";

interface Props {
  department: string;
  name: string;
  number: number;
}

/** One trial: its verdict, its share, its health, and what a person may do. */
export function Trial({ department, name, number }: Props) {
  const rollout = useQuery(rolloutQuery(department, name, number));
  return (
    <QueryView query={rollout} lines={6}>
      {(found) => <TrialView rollout={found} department={department} name={name} />}
    </QueryView>
  );
}

function TrialView({
  rollout,
  department,
  name,
}: {
  rollout: RolloutDetail;
  department: string;
  name: string;
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const open = OPEN.includes(rollout.state);
  const verdict = verdictText(t, formats, rollout);
  return (
    <Stack>
      <Group gap="sm">
        <StateBadge of="rollout" state={rollout.state} />
        <Text size="sm" component="div">
          {t(`delivery.kinds.${rollout.kind}`)} · <VersionLink value={rollout.candidate.version} /> ↔{" "}
          <VersionLink value={rollout.baseline.version} />
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {t("common.since")} <Since at={open ? rollout.step_since : rollout.since} />
        </Text>
      </Group>
      <Alert
        color={rollout.state === "failed" ? "red" : rollout.state === "inconclusive" ? "orange" : "blue"}
        title={<span aria-live="polite">{verdict}</span>}
      >
        <Text size="sm">{rollout.verdict}</Text>
      </Alert>
      {open && may("endpoint.manage", department) && (
        <Controls rollout={rollout} department={department} name={name} />
      )}
      <HealthTable rollout={rollout} />
      {rollout.preference && (
        <Preference
          preference={rollout.preference}
          department={department}
          name={name}
          number={rollout.number}
          open={open}
        />
      )}
      <Moves rollout={rollout} />
    </Stack>
  );
}

function Controls({
  rollout,
  department,
  name,
}: {
  rollout: RolloutDetail;
  department: string;
  name: string;
}) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { advance, promote, takeBack } = useRollout(department, name, rollout.number);
  const [chosen, setChosen] = useState<number | null>(null);
  const share = chosen ?? rollout.weight;
  const set = (weight: number, reason: string) =>
    advance.mutateAsync({ weight, reason }).then(() => setChosen(null));
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" id="trial-share">
          {t("delivery.slider")}: <strong>{shareOf(formats, share)}</strong>
        </Text>
        <Slider
          value={share}
          min={1}
          max={999}
          step={1}
          label={(value) => shareOf(formats, value)}
          thumbLabel={t("delivery.slider")}
          onChange={setChosen}
          styles={{ markLabel: { color: "var(--mantine-color-text)" } }}
          marks={rollout.steps.map((value) => ({ value, label: shareOf(formats, value) }))}
          mb="lg"
        />
      </div>
      <Group>
        {chosen !== null && chosen !== rollout.weight && (
          <ReasonButton
            label={t("delivery.setShare", { share: shareOf(formats, chosen) })}
            explanation={t("delivery.setShareHint", { share: shareOf(formats, chosen) })}
            optional
            onConfirm={(reason) => set(chosen, reason)}
          />
        )}
        {rollout.next !== null && rollout.next < 1000 && (
          <Button
            variant="default"
            loading={advance.isPending}
            onClick={() => rollout.next !== null && void set(rollout.next, "").catch(() => undefined)}
          >
            {t("delivery.next", { share: shareOf(formats, rollout.next) })}
          </Button>
        )}
        <ReasonButton
          label={t("delivery.promote")}
          variant="default"
          explanation={t("delivery.promoteHint", { version: rollout.candidate.version })}
          onConfirm={(reason) => promote.mutateAsync(reason)}
        />
        <ReasonButton
          label={t("delivery.takeBack")}
          variant="default"
          color="red"
          explanation={t("delivery.takeBackHint", { version: rollout.baseline.version })}
          onConfirm={(reason) => takeBack.mutateAsync(reason)}
        />
      </Group>
    </Stack>
  );
}

function Moves({ rollout }: { rollout: RolloutDetail }) {
  const { t } = useTranslation();
  const said = useSaid();
  const formats = useFormats();
  const known = ["started", "advanced", "undecided", "passed", "failed", "cancelled"] as const;
  const word = (what: string) => {
    const found = known.find((each) => each === what);
    return found ? t(`delivery.move.${found}`) : what;
  };
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {t("delivery.moves")}
      </Title>
      <DataTable
        caption={t("delivery.moves")}
        rows={[...rollout.history].reverse()}
        rowKey={(move) => move.at}
        columns={[
          { key: "at", header: t("common.since"), nowrap: true, render: (move) => formats.date(move.at) },
          { key: "what", header: t("deploy.action"), render: (move) => word(move.what) },
          {
            key: "share",
            header: t("delivery.share"),
            numeric: true,
            render: (move) => shareOf(formats, move.weight),
          },
          { key: "by", header: t("common.by"), render: (move) => move.by },
          { key: "reason", header: t("common.reason"), render: (move) => said(move.reason) || "–" },
        ]}
      />
    </Stack>
  );
}
