import { Button, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { RolloutDetail } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { pairQuery, useVote } from "../deliveryApi";

interface Props {
  preference: NonNullable<RolloutDetail["preference"]>;
  department: string;
  name: string;
  number: number;
  open: boolean;
}

/** Which answers were preferred so far, and the next pair to compare. */
export function Preference({ preference, open, ...where }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const [shown, { toggle }] = useDisclosure(false);
  const judged = preference.candidate + preference.baseline + preference.same;
  return (
    <Stack gap="sm">
      <Facts
        facts={[
          [t("delivery.preferred"), formats.number(preference.candidate)],
          [t("delivery.notPreferred"), formats.number(preference.baseline)],
          [t("delivery.alike"), formats.number(preference.same)],
          [
            t("delivery.preferenceShare"),
            judged > 0 &&
              `${formats.percent(preference.share)} (${formats.interval(preference.low, preference.high)})`,
          ],
          [t("delivery.identical"), formats.number(preference.identical)],
          [t("delivery.waiting"), formats.number(preference.waiting)],
        ]}
      />
      {open && may("feedback.give") && (
        <Button variant="default" onClick={toggle} aria-expanded={shown} w="max-content">
          {t("delivery.compare")}
        </Button>
      )}
      {shown && <Pair {...where} />}
    </Stack>
  );
}

function Pair({ department, name, number }: { department: string; name: string; number: number }) {
  const { t } = useTranslation();
  const pair = useQuery(pairQuery(department, name, number));
  const vote = useVote(department, name, number);
  return (
    <QueryView query={pair} lines={3}>
      {({ items: [found] }) =>
        found === undefined ? (
          <Text size="sm" c="dimmed">
            {t("delivery.noPair")}
          </Text>
        ) : (
          <Stack gap="sm">
            <Text size="sm">{t("delivery.compareHint")}</Text>
            <Paper withBorder p="sm">
              <Text style={{ whiteSpace: "pre-wrap" }}>{found.question}</Text>
            </Paper>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              {(["first", "second"] as const).map((place) => (
                <Paper key={place} withBorder p="sm">
                  <Text size="xs" c="dimmed">
                    {t(`delivery.${place}`)}
                  </Text>
                  <Text style={{ whiteSpace: "pre-wrap" }}>{found[place]}</Text>
                </Paper>
              ))}
            </SimpleGrid>
            <Group>
              {(
                [
                  ["first", "firstBetter"],
                  ["same", "same"],
                  ["second", "secondBetter"],
                ] as const
              ).map(([better, word]) => (
                <Button
                  key={better}
                  variant="default"
                  loading={vote.isPending}
                  onClick={() => vote.mutate({ id: found.id, better })}
                >
                  {t(`delivery.${word}`)}
                </Button>
              ))}
            </Group>
          </Stack>
        )
      }
    </QueryView>
  );
}
