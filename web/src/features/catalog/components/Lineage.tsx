import { Group, List, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { VersionLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";

/** Where a version comes from and what came of it, one step each way. */
export function Lineage({ version }: { version: Version }) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Kin title={t("catalog.parents")} kin={version.parents} none={t("catalog.noParents")} />
      <Kin title={t("catalog.children")} kin={version.children} none={t("catalog.noChildren")} />
    </SimpleGrid>
  );
}

function Kin({ title, kin, none }: { title: string; kin: Version["parents"]; none: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  return (
    <Stack gap={6}>
      <Text fw={600} component="h3" size="sm" m={0}>
        {title}
      </Text>
      {kin.length === 0 ? (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      ) : (
        <List size="sm" spacing={4} aria-label={title}>
          {kin.map((each) => (
            <List.Item key={`${each.ref} ${each.relation}`}>
              <Group gap={8}>
                <VersionLink value={each.ref} />
                <Text size="sm" c="dimmed" span>
                  {label("relation", each.relation)}
                  {each.weight !== null && ` · ${t("catalog.weight")} ${formats.measure(each.weight)}`}
                </Text>
              </Group>
            </List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}
