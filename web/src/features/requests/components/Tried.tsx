import { Alert, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Request } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { ButtonLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { votesQuery } from "../api";

const COLOURS = { none: "gray", open: "gray", preferred: "teal", worse: "red" } as const;

/** Where what was delivered is tried beside what works today, and what people preferred so far. */
export function Tried({ request, endpoint }: { request: Request; endpoint: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const may = useMay();
  const votes = useQuery(votesQuery(request.number)).data;
  const compare = [...new Set([endpoint, request.present ?? endpoint])];
  const open = request.state === "delivered";
  return (
    <Stack gap="sm">
      {open && may("endpoint.use") && (
        <Group>
          <ButtonLink
            to="/playground"
            search={{ compare, blind: compare.length > 1 ? "yes" : undefined, request: request.number }}
          >
            {t("requests.trySideBySide")}
          </ButtonLink>
        </Group>
      )}
      {votes && votes.verdict !== "none" && (
        <Alert color={COLOURS[votes.verdict]} title={t(`requests.tried.${votes.verdict}`)}>
          <Facts
            facts={[
              [t("requests.triedWon"), formats.number(votes.won)],
              [t("requests.triedLost"), formats.number(votes.lost)],
              [t("requests.triedSame"), formats.number(votes.same)],
              [
                t("requests.triedShare"),
                `${formats.percent(votes.share)} (${formats.interval(votes.low, votes.high)})`,
              ],
              [t("requests.triedPeople"), formats.number(votes.people)],
              [t("requests.triedBlind"), formats.number(votes.blind)],
              [t("requests.triedAgainst"), votes.against.map((each) => each.against).join(", ")],
            ]}
          />
        </Alert>
      )}
      {open && votes?.verdict === "none" && (
        <Text size="sm" c="dimmed">
          {t("requests.triedNobody")}
        </Text>
      )}
    </Stack>
  );
}
