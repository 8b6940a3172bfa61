import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Skill } from "../../../api/types";
import { useFormats } from "../../../lib/useFormats";

/** The best few skills with their 95 % intervals. */
export function TopSkills({ skills, limit = 2 }: { skills: Skill[]; limit?: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (skills.length === 0)
    return (
      <Text c="dimmed" size="sm" span>
        {t("catalog.notExamined")}
      </Text>
    );
  const best = [...skills].sort((a, b) => b.score - a.score).slice(0, limit);
  return (
    <Stack gap={0}>
      {best.map((skill) => (
        <Text key={skill.suite} size="sm" truncate title={`${skill.suite} ${formats.percent(skill.score)}`}>
          <b>{formats.percent(skill.score)}</b>{" "}
          <Text c="dimmed" size="xs" span>
            ({formats.interval(skill.low, skill.high)})
          </Text>{" "}
          {skill.suite}
        </Text>
      ))}
    </Stack>
  );
}
