import { Group, Select, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../../components/EmptyState";
import { versionsQuery } from "../api";
import type { VersionPath } from "../fileApi";
import { Difference } from "./Difference";

const route = getRouteApi("/shell/models/$department/$model");

/** Two versions side by side: both stand in the address. */
export function Compare({ version }: { version: VersionPath }) {
  const { t } = useTranslation();
  const { against } = route.useSearch();
  const navigate = route.useNavigate();
  const versions = useQuery(versionsQuery(version.department, version.model));
  const here = `${version.department}/${version.model}@${version.number}`;
  const refs = versions.data?.items.map((each) => each.ref) ?? [here];
  const known = against && !refs.includes(against) ? [...refs, against] : refs;
  const choices = known.filter((ref) => ref !== here);
  if (choices.length === 0) {
    return <EmptyState title={t("personnel.nothingToCompare")} hint={t("personnel.nothingToCompareHint")} />;
  }
  return (
    <Stack>
      <Group align="flex-end" gap="sm">
        <Select
          label={t("personnel.compareFrom")}
          placeholder={t("personnel.chooseVersion")}
          data={choices}
          value={against ?? null}
          onChange={(chosen) =>
            void navigate({
              search: (before) => ({ ...before, against: chosen ?? undefined }),
              replace: true,
            })
          }
          clearable
          clearButtonProps={{ "aria-label": t("common.clear") }}
          searchable
          w={{ base: "100%", xs: 280 }}
        />
        <Select
          label={t("personnel.compareTo")}
          data={refs}
          value={here}
          allowDeselect={false}
          searchable
          onChange={(chosen) => {
            const number = Number(chosen?.split("@")[1]);
            void navigate({
              search: (before) => ({ ...before, version: number || undefined }),
              replace: true,
            });
          }}
          w={{ base: "100%", xs: 280 }}
        />
      </Group>
      {against && against !== here && <Difference version={version} against={against} />}
    </Stack>
  );
}
