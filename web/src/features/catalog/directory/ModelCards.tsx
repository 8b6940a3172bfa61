import { Box, Card, Group, Stack, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Model } from "../../../api/types";
import { StateBadge } from "../../../components/StateBadge";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import { TopSkills } from "../components/TopSkills";
import { type Cost, useCosts } from "./costs";
import classes from "./Directory.module.css";
import { ModelCost } from "./ModelCost";
import { ModelName } from "./ModelName";
import { useRowKeys } from "./useRowKeys";
import { useRows } from "./useRows";

interface Props {
  models: Model[];
  more: boolean;
  needMore: () => void;
}

const WIDTH = 280;
/** In rem, with the gap below it. */
const CARD = 14;

/** Cards in as many columns as there is room for; only the rows in sight are in the document. */
export function ModelCards({ models, more, needMore }: Props) {
  const { t } = useTranslation();
  const costs = useCosts();
  const { ref, width } = useElementSize();
  const columns = Math.max(1, Math.floor((width || 1000) / WIDTH));
  const count = Math.ceil(models.length / columns);
  const { box, virtual, items, size, total } = useRows({ count, height: CARD, more, needMore });
  const onKeyDown = useRowKeys(count, virtual);
  return (
    <Box ref={ref} onKeyDown={onKeyDown} role="presentation">
      <Box
        ref={box}
        role="list"
        aria-label={t("catalog.directory")}
        style={{ height: total, position: "relative" }}
      >
        {items.map(({ index, start }) => (
          <Box
            key={index}
            data-index={index}
            role="presentation"
            className={`${classes.cards} ${classes.placed}`}
            style={{
              height: size,
              transform: `translateY(${start}px)`,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            }}
          >
            {models.slice(index * columns, (index + 1) * columns).map((model) => (
              <ModelCard key={model.name} model={model} cost={costs?.get(model.name)} />
            ))}
          </Box>
        ))}
      </Box>
    </Box>
  );
}

const ModelCard = memo(function ModelCard({ model, cost }: { model: Model; cost: Cost | undefined }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  const { latest } = model;
  return (
    <Card withBorder padding="sm" role="listitem">
      <Stack gap={6}>
        <ModelName model={model} />
        {latest ? (
          <>
            <Group gap={8} wrap="nowrap" justify="space-between" className={classes.line}>
              <StateBadge of="version" state={latest.state} />
              <ModelCost cost={cost} />
            </Group>
            <Text size="xs" c="dimmed" truncate>
              {label("kind.version", latest.kind)} ·{" "}
              {t("directory.parameters", { number: formats.short(latest.parameters) })}
            </Text>
            <TopSkills skills={latest.skills} />
          </>
        ) : (
          <Text size="sm" c="dimmed">
            {t("catalog.noVersion")}
          </Text>
        )}
        {model.description && (
          <Text size="sm" truncate title={model.description}>
            {model.description}
          </Text>
        )}
      </Stack>
    </Card>
  );
});
