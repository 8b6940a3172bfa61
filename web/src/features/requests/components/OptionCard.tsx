import { Badge, Group, List, Paper, Radio, Stack, Text } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { Facts } from "../../../components/Facts";
import { useFormats } from "../../../lib/useFormats";
import type { Offer, Option } from "../api";
import { useMadeFrom, useSaid, useWord } from "../useSaid";
import { Range } from "./Range";

/** Months: a day. What is paid back sooner is worth no figure. */
const SHORTEST_PAYBACK = 1 / 30;

interface Props {
  option: Option;
  offer: Offer;
  chosen: boolean;
  selectable: boolean;
}

/** One option with every sum that is known of it. */
export function OptionCard({ option, offer, chosen, selectable }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  const said = useSaid(offer);
  const madeFrom = useMadeFrom(offer);
  const id = useId();
  const title = `${word("way", option.way)} · ${word("tier", option.tier)}`;
  const why = option.why ?? [];
  const standing = [...option.stops, ...option.notes];
  return (
    <Paper withBorder p="md" component="article" aria-labelledby={id}>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          {selectable ? (
            <Radio
              value={option.key}
              label={<Name id={id}>{title}</Name>}
              disabled={option.stops.length > 0}
            />
          ) : (
            <Name id={id}>{title}</Name>
          )}
          <Group gap="xs">
            {option.key === offer.recommended && <Mark color="teal">{t("requests.recommended")}</Mark>}
            {option.cheaper && <Mark color="grape">{t("requests.cheaper")}</Mark>}
            {chosen && !selectable && <Mark color="blue">{t("requests.chosen")}</Mark>}
            {option.over.map((each) => (
              <Mark key={each} color="orange">
                {word("over", each)}
              </Mark>
            ))}
          </Group>
        </Group>
        <div>
          <Text size="sm">
            {[
              madeFrom(option.versions),
              option.versions.includes(option.base)
                ? ""
                : t("requests.onBase", { base: madeFrom([option.base]) }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {[...new Set([...option.versions, option.base])].join(" · ")}
          </Text>
        </div>
        {why.length > 0 && (
          <List size="sm" aria-label={t("requests.whyThis")}>
            {why.map((each) => (
              <List.Item key={each.code}>{said(each)}</List.Item>
            ))}
          </List>
        )}
        <Range span={option.expected.span} floor={offer.floor} />
        <Text size="sm" c="dimmed">
          {word("reach", option.reach)} · {word("basis", option.expected.basis)}
          {option.expected.children > 0 && ` (n = ${option.expected.children})`}
        </Text>
        <Sums option={option} offer={offer} />
        {standing.length > 0 && (
          <List size="sm" aria-label={t("requests.inTheWay")}>
            {standing.map((each) => (
              <List.Item key={`${each.code} ${each.message}`}>{said(each)}</List.Item>
            ))}
          </List>
        )}
      </Stack>
    </Paper>
  );
}

function Name({ id, children }: { id: string; children: ReactNode }) {
  return (
    <Text span fw={600} id={id}>
      {children}
    </Text>
  );
}

function Mark({ color, children }: { color: string; children: ReactNode }) {
  return (
    <Badge color={color} variant="light" c="var(--mantine-color-text)" tt="none">
      {children}
    </Badge>
  );
}

function Sums({ option, offer }: { option: Option; offer: Offer }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { work, running } = option;
  const unknown = t("requests.notKnown");
  const money = (micro: number) => formats.money(micro, offer.currency);
  const time = work.seconds?.mid == null ? unknown : formats.duration(work.seconds.mid);
  const lead = option.lead_hours;
  const skills = Object.entries(option.skills);
  return (
    <Facts
      facts={[
        [t("requests.once"), work.micro === null ? unknown : money(work.micro)],
        [
          t("requests.chipHours"),
          work.chip_seconds === null
            ? unknown
            : work.chip_seconds < 3600
              ? formats.duration(work.chip_seconds)
              : t("requests.hours", { n: formats.measure(work.chip_seconds / 3600) }),
        ],
        [t("requests.making"), time],
        [t("requests.monthly"), running ? money(running.micro) : unknown],
        [t("requests.tokens"), running && money(running.tokens_micro)],
        [
          t("requests.engine"),
          running &&
            (running.engines > 0
              ? t("requests.engines", {
                  n: formats.number(running.engines),
                  money: money(running.engine_micro),
                })
              : t("requests.noEngine")),
        ],
        [
          t("requests.lead"),
          lead
            ? t("requests.leadRange", {
                low: formats.duration(Math.round(lead.low * 3600)),
                high: formats.duration(Math.round(lead.high * 3600)),
              })
            : unknown,
        ],
        [
          t("requests.payback"),
          option.payback_months === null
            ? unknown
            : option.payback_months < SHORTEST_PAYBACK
              ? t("requests.atOnce")
              : t("requests.months", { n: formats.measure(option.payback_months) }),
        ],
        [t("requests.size"), t("requests.parameters", { n: formats.short(option.parameters) })],
        [t("requests.data"), option.data && `${option.data.ref} (${formats.number(option.data.items)})`],
        ...skills.map(([suite, span]): [string, string] => [
          t("requests.skill", { suite }),
          span.low === span.high ? formats.percent(span.low) : formats.interval(span.low, span.high),
        ]),
      ]}
    />
  );
}
