import { Badge, Group, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useIsSample } from "../../../api/departments";
import type { Model } from "../../../api/types";
import { PageLink } from "../../../components/Links";
import { SampleBadge } from "../../../components/SampleBadge";
import { useSaid } from "../../../lib/useSaid";

/** The model's title as a link, its name, and the aliases that point into it. */
export function ModelName({ model }: { model: Model }) {
  const { t } = useTranslation();
  const said = useSaid();
  const sample = useIsSample()(model.department);
  const [department = "", name = ""] = model.name.split("/");
  return (
    <div>
      <Group gap={6} wrap="nowrap">
        <PageLink to="/models/$department/$model" params={{ department, model: name }} fw={600} truncate>
          {said(model.title)}
        </PageLink>
        {model.visibility === "private" && (
          <IconLock size={14} role="img" aria-label={t("directory.private")} style={{ flexShrink: 0 }} />
        )}
      </Group>
      <Group gap={6} wrap="nowrap">
        <Text size="xs" c="dimmed" truncate title={model.name}>
          {model.name}
        </Text>
        {sample && <SampleBadge />}
      </Group>
      <AliasBadges aliases={model.aliases} />
    </div>
  );
}

export function AliasBadges({ aliases }: { aliases: Model["aliases"] }) {
  const entries = Object.entries(aliases);
  if (entries.length === 0) return null;
  return (
    <Group gap={4} mt={2} wrap="nowrap">
      {entries.slice(0, 2).map(([alias, number]) => (
        <Badge key={alias} size="sm" variant="default" tt="none" fw={500}>
          {alias} → v{number}
        </Badge>
      ))}
    </Group>
  );
}
