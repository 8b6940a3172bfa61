import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink, VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { StateBadge } from "../../../components/StateBadge";
import { latestQuery } from "../api";
import { TopSkills } from "./TopSkills";

/** The first models of the directory, for the home page. */
export function RecentModels({ limit = 5 }: { limit?: number }) {
  const { t } = useTranslation();
  const may = useMay();
  const versions = useQuery(latestQuery(limit));
  return (
    <QueryView query={versions} lines={3}>
      {({ items: rows }) => {
        if (rows.length === 0)
          return (
            <EmptyState
              title={t("catalog.nobodyYet")}
              hint={t("catalog.nobodyYetHint")}
              action={may("model.write") && <ButtonLink to="/register">{t("register.action")}</ButtonLink>}
            />
          );
        return (
          <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
            {rows.map((version) => (
              <Group component="li" key={version.ref} justify="space-between" gap="xs" align="flex-start">
                <div>
                  <Text size="sm" component="div">
                    <VersionLink value={version.ref} title={version.title} />
                  </Text>
                  <TopSkills skills={version.skills} limit={1} />
                </div>
                <StateBadge of="version" state={version.state} />
              </Group>
            ))}
          </Stack>
        );
      }}
    </QueryView>
  );
}
