import { Alert, Button, Group, Select } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EndpointDetail } from "../../../api/types";
import { ButtonLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { useFormats } from "../../../lib/useFormats";
import { approvedQuery, useDeploy } from "../api";

/** Puts an approved version to work; without one, says how to get there. */
export function DeployForm({ endpoint, name }: { endpoint: EndpointDetail; name: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const approved = useQuery(approvedQuery);
  const deploy = useDeploy(endpoint.department, name, t("deploy.deployed"));
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <QueryView query={approved} lines={1}>
      {({ items }) => {
        const here = items.filter((approval) => approval.endpoint === endpoint.name);
        // A version may have been approved more than once; the newest approval comes first.
        const fitting = here.filter((one) => here.find((other) => other.version === one.version) === one);
        if (fitting.length === 0) {
          return (
            <Alert color="gray" icon={<IconInfoCircle aria-hidden />} title={t("deploy.nothingApproved")}>
              <Group justify="space-between">
                {t("deploy.nothingApprovedHint")}
                <ButtonLink
                  to="/requests/new"
                  search={{ endpoint: endpoint.name }}
                  size="xs"
                  variant="default"
                >
                  {t("deploy.ask")}
                </ButtonLink>
              </Group>
            </Alert>
          );
        }
        const approval = fitting.find((each) => each.id === chosen);
        const choices = fitting.map((approval) => ({
          value: approval.id,
          label: `${approval.version} · ${formats.day(approval.decided_at)}`,
        }));
        return (
          <Group align="flex-end">
            <Select
              label={t("deploy.approvedVersion")}
              data={choices}
              value={chosen}
              onChange={setChosen}
              w={{ base: "100%", xs: 340 }}
            />
            <Button
              disabled={!approval}
              loading={deploy.isPending}
              onClick={() => approval && deploy.mutate(approval, { onSuccess: () => setChosen(null) })}
            >
              {t("deploy.deploy")}
            </Button>
          </Group>
        );
      }}
    </QueryView>
  );
}
