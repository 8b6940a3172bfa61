import { Alert, List, Radio, Stack, Text } from "@mantine/core";
import { IconBulb } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../../components/EmptyState";
import type { Offer, Option } from "../api";
import { useMadeFrom, useSaid, useWord } from "../useSaid";
import { OptionCard } from "./OptionCard";

interface Props {
  offer: Offer;
  chosen: string | null;
  /** None: the offer is only read. */
  onChoose?: (key: string) => void;
}

/** The options beside each other with their sums, which one is recommended and why, and what nobody knows. */
export function OfferView({ offer, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const said = useSaid(offer);
  const madeFrom = useMadeFrom(offer);
  const word = useWord();
  const named = ({ way, versions, base }: Option) =>
    t("requests.best", { way: word("way", way), what: madeFrom(versions.length > 0 ? versions : [base]) });
  const taken = offer.options.find((each) => each.key === chosen && chosen !== offer.recommended);
  const best = offer.options.find((each) => each.key === offer.recommended);
  const cards = (
    <Stack gap="sm">
      {offer.options.map((option) => (
        <OptionCard
          key={option.key}
          option={option}
          offer={offer}
          chosen={option.key === chosen}
          selectable={onChoose !== undefined}
        />
      ))}
    </Stack>
  );
  return (
    <Stack gap="md">
      <Alert
        icon={<IconBulb aria-hidden />}
        title={t("requests.recommended")}
        color={best ? "teal" : "orange"}
      >
        {best && (
          <Text fw={600} size="sm">
            {named(best)}
          </Text>
        )}
        <Text size="sm">{said(offer.reason)}</Text>
        {taken && !onChoose && (
          <Text size="sm" mt="xs">
            {t("requests.tookOther")} <b>{named(taken)}</b>
          </Text>
        )}
      </Alert>
      {offer.options.length === 0 ? (
        <EmptyState title={t("requests.nothingOffered")} hint={t("requests.nothingOfferedHint")} />
      ) : onChoose ? (
        <Radio.Group value={chosen} onChange={onChoose} label={t("requests.chooseOne")}>
          {cards}
        </Radio.Group>
      ) : (
        cards
      )}
      {offer.unknown.length > 0 && (
        <Stack gap={4}>
          <Text fw={600} size="sm">
            {t("requests.unknown")}
          </Text>
          <List size="sm" aria-label={t("requests.unknown")}>
            {offer.unknown.map((each) => (
              <List.Item key={each.code}>{said(each)}</List.Item>
            ))}
          </List>
        </Stack>
      )}
    </Stack>
  );
}
