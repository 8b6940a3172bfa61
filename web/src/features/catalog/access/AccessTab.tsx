import { Group, Select, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Model } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { ReasonButton } from "../../../components/ReasonButton";
import { Section } from "../../../components/Section";
import { type ModelPath, useAskAccess, useChangeModel } from "../accessApi";
import { Grants } from "./Grants";
import { Requests } from "./Requests";

interface Props {
  path: ModelPath;
  model: Model;
}

const VISIBILITIES = ["internal", "private"] as const;
const GATINGS = ["open", "auto", "manual"] as const;

/** Who sees the model, who gets at its weights, who asked, and who was let in. */
export function AccessTab({ path, model }: Props) {
  const { t } = useTranslation();
  const ask = useAskAccess(path, t("access.asked"));
  return (
    <Stack>
      <Section
        title={t("access.rules")}
        actions={
          <ReasonButton
            label={t("access.ask")}
            explanation={t(`access.askHint.${model.gating}`)}
            variant="default"
            onConfirm={(reason) => ask.mutateAsync(reason)}
          />
        }
      >
        <Facts
          facts={[
            [t("access.visibility"), t(`access.visibilities.${model.visibility}`)],
            [t("access.gating"), t(`access.gatings.${model.gating}`)],
          ]}
        />
        <Text size="sm" c="dimmed">
          {t("access.ownDepartment")}
        </Text>
        <Rules path={path} model={model} />
      </Section>
      <Requests path={path} />
      <Grants path={path} />
    </Stack>
  );
}

/** The same, to be changed. */
function Rules({ path, model }: Props) {
  const { t } = useTranslation();
  const may = useMay();
  const change = useChangeModel(path, t("access.changed"));
  if (!may("model.write", path.department)) return null;
  return (
    <Group gap="sm">
      <Select
        label={t("access.visibility")}
        data={VISIBILITIES.map((value) => ({ value, label: t(`access.visibilities.${value}`) }))}
        value={model.visibility}
        allowDeselect={false}
        disabled={change.isPending}
        onChange={(value) => change.mutate({ visibility: VISIBILITIES.find((each) => each === value) })}
        w={{ base: "100%", sm: 340 }}
      />
      <Select
        label={t("access.gating")}
        data={GATINGS.map((value) => ({ value, label: t(`access.gatings.${value}`) }))}
        value={model.gating}
        allowDeselect={false}
        disabled={change.isPending}
        onChange={(value) => change.mutate({ gating: GATINGS.find((each) => each === value) })}
        w={{ base: "100%", sm: 340 }}
      />
    </Group>
  );
}
