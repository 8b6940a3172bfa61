import { Group, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { CareerPlan } from "../../../api/types";
import { Section } from "../../../components/Section";
import { useFormats } from "../../../lib/useFormats";

/** The role that the plan leads to, and what is missing of it. */
export function Role({ plan }: { plan: CareerPlan }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  if (plan.profile.length === 0) return null;
  const examined = plan.state === "succeeded" || plan.board.every((stage) => stage.state === "passed");
  const howTo = (suite: string) => {
    const teacher = plan.board.find((stage) => stage.teaches.includes(suite));
    return teacher ? t("plans.teachMore", { stage: teacher.title }) : t("plans.nobodyTeaches", { suite });
  };
  return (
    <Section title={t("plans.role")} term={t("plans.roleTerm")}>
      <Stack gap={6} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
        {plan.profile.map(({ suite, level }) => {
          const lacking = plan.missing.find((each) => each.suite === suite);
          const reached = examined && !lacking;
          return (
            <Group key={suite} component="li" gap={8} wrap="nowrap" align="flex-start">
              {reached ? (
                <IconCircleCheck size={18} color="var(--mantine-color-teal-light-color)" aria-hidden />
              ) : (
                <IconCircleDashed size={18} aria-hidden />
              )}
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {t("plans.level", { suite, level: formats.percent(level) })}{" "}
                {reached
                  ? t("plans.reached")
                  : lacking && lacking.found !== null
                    ? t("plans.foundLevel", {
                        found: formats.percent(lacking.found),
                        gap: formats.points(lacking.found - level),
                      })
                    : t("plans.notMeasured")}
                {plan.state === "stopped" && lacking && examined && ` ${howTo(suite)}`}
              </Text>
            </Group>
          );
        })}
      </Stack>
    </Section>
  );
}
