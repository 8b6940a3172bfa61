import { Alert } from "@mantine/core";
import { IconArchive, IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Version, VersionSummary } from "../../../api/types";
import { VersionLink } from "../../../components/Links";

/** Says so when this is not the version to use: it is retired, or a later one is there. */
export function Succession({ version, latest }: { version: Version; latest: VersionSummary | null }) {
  const { t } = useTranslation();
  if (version.state === "retired") {
    return (
      <Alert color="gray" icon={<IconArchive aria-hidden />} title={t("personnel.isRetired")}>
        {version.successor ? (
          <>
            {t("personnel.succeededBy")} <VersionLink value={version.successor} />
          </>
        ) : (
          t("personnel.noSuccessor")
        )}
      </Alert>
    );
  }
  if (latest && latest.version > version.version) {
    return (
      <Alert color="blue" icon={<IconInfoCircle aria-hidden />} title={t("personnel.isOlder")}>
        {t("personnel.latestIs")} <VersionLink value={latest.ref} />
      </Alert>
    );
  }
  return null;
}
