import { Badge, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLabels } from "../lib/useLabels";

/** What the licences of all that something is made of do not allow. */
export function Restrictions({ restrictions }: { restrictions: string[] }) {
  const { t } = useTranslation();
  const label = useLabels();
  if (restrictions.length === 0) return null;
  return (
    <div>
      <Text size="xs" c="dimmed">
        {t("personnel.restrictions")}
      </Text>
      <Group gap={6} mt={4}>
        {restrictions.map((each) => (
          <Badge key={each} variant="default" tt="none" fw={500}>
            {label("restriction", each.replace(/^license:/, ""))}
          </Badge>
        ))}
      </Group>
    </div>
  );
}
