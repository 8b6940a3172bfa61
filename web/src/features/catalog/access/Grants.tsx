import { Button, Group, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartmentChoices } from "../../../api/departments";
import { useMay } from "../../../api/session";
import { DataTable } from "../../../components/DataTable";
import { Department } from "../../../components/Department";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { Since } from "../../../components/Since";
import { grantsQuery, type ModelPath, useGrant } from "../accessApi";

/** Departments whose staff may use the weights as if the model were theirs. */
export function Grants({ path }: { path: ModelPath }) {
  const { t } = useTranslation();
  const may = useMay();
  const grants = useQuery({ ...grantsQuery(path), retry: false });
  const revoke = useGrant(path, t("access.revoked"));
  return (
    <Section title={t("access.grants")}>
      <QueryView query={grants} lines={2}>
        {(items) => (
          <>
            {items.length === 0 ? (
              <Text size="sm" c="dimmed">
                {t("access.noGrants")}
              </Text>
            ) : (
              <DataTable
                caption={t("access.grants")}
                rows={items}
                rowKey={(grant) => grant.department}
                columns={[
                  {
                    key: "department",
                    header: t("common.department"),
                    render: (grant) => <Department of={grant.department} />,
                  },
                  {
                    key: "since",
                    header: t("common.since"),
                    render: (grant) => <Since at={grant.granted_at} />,
                  },
                  { key: "by", header: t("common.by"), render: (grant) => grant.granted_by ?? "–" },
                  {
                    key: "actions",
                    header: t("common.actions"),
                    render: (grant) =>
                      may("model.write", path.department) && (
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={t("access.revokeOf", { department: grant.department })}
                          onClick={() => revoke.mutate({ to: grant.department, give: false })}
                        >
                          {t("access.revoke")}
                        </Button>
                      ),
                  },
                ]}
              />
            )}
            {may("model.write", path.department) && (
              <NewGrant path={path} given={items.map((grant) => grant.department)} />
            )}
          </>
        )}
      </QueryView>
    </Section>
  );
}

function NewGrant({ path, given }: { path: ModelPath; given: string[] }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(null);
  const grant = useGrant(path, t("access.granted"));
  const choices = useDepartmentChoices().filter(
    ({ value }) => value !== path.department && !given.includes(value),
  );
  return (
    <Group align="flex-end" gap="sm">
      <Select
        label={t("access.grantTo")}
        data={choices}
        value={chosen}
        onChange={setChosen}
        w={{ base: "100%", xs: 340 }}
      />
      <Button
        variant="default"
        disabled={chosen === null}
        loading={grant.isPending}
        onClick={() => {
          if (chosen) grant.mutate({ to: chosen, give: true }, { onSuccess: () => setChosen(null) });
        }}
      >
        {t("access.grant")}
      </Button>
    </Group>
  );
}
