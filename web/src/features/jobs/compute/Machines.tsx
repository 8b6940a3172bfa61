import { Badge, Card, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { PageLink } from "../../../components/Links";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { useSaid } from "../../../lib/useSaid";
import type { Holder, Machine } from "./api";
import classes from "./Machines.module.css";

/** Every machine with a field for each chip and each slot: free, or who holds it. */
export function Machines({ machines }: { machines: Machine[] }) {
  return (
    <div className={classes.machines}>
      {machines.map((machine) => (
        <MachineCard key={`${machine.worker} ${machine.name}`} machine={machine} />
      ))}
    </div>
  );
}

function MachineCard({ machine }: { machine: Machine }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const taken = machine.chips.filter((chip) => chip.holder).length;
  const free = Math.max(machine.slots - machine.slot_holders.length, 0);
  return (
    <Card withBorder component="article" aria-label={machine.name} padding="sm">
      <Stack gap="xs">
        <Group justify="space-between" gap="xs" wrap="nowrap">
          <Text fw={600} style={{ overflowWrap: "anywhere" }}>
            {machine.name}
          </Text>
          <Badge variant="default" tt="none">
            {machine.alive ? machine.executor : t("compute.gone")}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed">
          {machine.chips.length > 0 && `${t("compute.chipsOf", { taken, total: machine.chips.length })} · `}
          {t("compute.slotsOf", { taken: machine.slot_holders.length, total: machine.slots })}
          {machine.memory > 0 && ` · ${t("compute.memory", { bytes: formats.bytes(machine.memory) })}`}
        </Text>
        {!machine.alive && (
          <Text size="sm" c="dimmed">
            {t("compute.seen")} <Since at={machine.seen_at} />
          </Text>
        )}
        <ul className={classes.places}>
          {machine.chips.map((chip) => (
            <Place
              key={`${chip.flavour} ${chip.index}`}
              name={t("compute.chip", { flavour: chip.flavour, index: chip.index })}
              holder={chip.holder}
            />
          ))}
          {machine.slot_holders.map((holder, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: slots are alike and have no names
            <Place key={index} name={t("compute.cpu")} holder={holder} />
          ))}
          {machine.alive &&
            Array.from({ length: Math.min(free, 16) }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: slots are alike and have no names
              <Place key={`free ${index}`} name={t("compute.cpu")} holder={null} />
            ))}
        </ul>
      </Stack>
    </Card>
  );
}

function Place({ name, holder }: { name: string; holder: Holder | null }) {
  const { t } = useTranslation();
  return (
    <li className={holder ? classes.taken : classes.free} data-leaving={holder?.leaving || undefined}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      {holder ? <HolderLine holder={holder} /> : <Text size="sm">{t("compute.free")}</Text>}
    </li>
  );
}

function HolderLine({ holder }: { holder: Holder }) {
  const { t } = useTranslation();
  const said = useSaid();
  return (
    <>
      {holder.id ? (
        <PageLink to="/jobs/$id" params={{ id: holder.id }} size="sm">
          {said(holder.title)}
        </PageLink>
      ) : (
        <Text size="sm">{t("compute.hidden", { department: holder.department })}</Text>
      )}
      <Text size="xs" c="dimmed">
        {holder.department} · {t(holder.preemptible ? "compute.borrowable" : "compute.firm")}
        {holder.since && " · "}
        {holder.since && <Since at={holder.since} />}
      </Text>
      {holder.leaving && <Text size="xs">{t("compute.leaving")}</Text>}
    </>
  );
}
