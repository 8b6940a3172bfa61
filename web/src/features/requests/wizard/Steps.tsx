import { Group, Text, ThemeIcon } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { PageLink } from "../../../components/Links";
import { STEPS, type Step } from "../states";

interface Props {
  step: Step;
  draft?: number;
}

/** Where the wizard is; steps of a draft that is kept can be gone back to. */
export function Steps({ step, draft }: Props) {
  const { t } = useTranslation();
  const at = STEPS.indexOf(step);
  return (
    <Group component="ol" gap="md" p={0} m={0} aria-label={t("requests.steps")} style={{ listStyle: "none" }}>
      {STEPS.map((each, place) => {
        const name = t(`requests.step.${each}`);
        return (
          <Group component="li" key={each} gap="xs" aria-current={each === step ? "step" : undefined}>
            <ThemeIcon size="sm" radius="xl" variant={place <= at ? "filled" : "default"} aria-hidden>
              {place < at ? <IconCheck size={12} /> : <Text size="xs">{place + 1}</Text>}
            </ThemeIcon>
            {place < at && draft !== undefined ? (
              <PageLink to="/requests/new" search={{ draft, step: each }} size="sm">
                {name}
              </PageLink>
            ) : (
              <Text size="sm" fw={each === step ? 600 : 400}>
                {name}
              </Text>
            )}
          </Group>
        );
      })}
    </Group>
  );
}
