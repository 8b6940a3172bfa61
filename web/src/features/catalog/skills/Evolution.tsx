import { Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SkillCourse, SkillPoint } from "../../../api/types";
import { DataTable } from "../../../components/DataTable";
import { EmptyState } from "../../../components/EmptyState";
import { VersionLink } from "../../../components/Links";
import { QueryView } from "../../../components/QueryView";
import { Since } from "../../../components/Since";
import { useFormats } from "../../../lib/useFormats";
import { historyQuery } from "./api";
import { CourseChart } from "./CourseChart";

/** How the model's skills went from version to version, one exam at a time. */
export function Evolution({ department, model }: { department: string; model: string }) {
  const { t } = useTranslation();
  const history = useQuery(historyQuery(department, model));
  return (
    <QueryView query={history}>
      {({ courses, cut }) =>
        courses.length === 0 ? (
          <EmptyState title={t("catalog.notExamined")} hint={t("catalog.notExaminedHint")} />
        ) : (
          <Courses courses={courses} cut={cut} />
        )
      }
    </QueryView>
  );
}

function Courses({ courses, cut }: { courses: SkillCourse[]; cut: boolean }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(null);
  const course = courses.find(({ suite }) => suite === chosen) ?? courses[0];
  if (!course) return null;
  return (
    <Stack gap="sm">
      <Select
        label={t("catalog.suite")}
        value={course.suite}
        onChange={setChosen}
        data={courses.map(({ suite }) => suite)}
        allowDeselect={false}
        searchable={courses.length > 8}
        maw="24rem"
      />
      <CourseChart course={course} />
      <CourseTable course={course} />
      {cut && (
        <Text size="xs" c="dimmed">
          {t("skills.cut")}
        </Text>
      )}
    </Stack>
  );
}

function CourseTable({ course }: { course: SkillCourse }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <DataTable
      caption={t("skills.courseOf", { suite: course.suite })}
      rows={[...course.points].reverse()}
      rowKey={(point) => point.ref}
      columns={[
        { key: "ref", header: t("catalog.version"), render: (point) => <VersionLink value={point.ref} /> },
        {
          key: "score",
          header: t("catalog.score"),
          numeric: true,
          render: (point) => formats.percent(point.score),
        },
        {
          key: "interval",
          header: t("catalog.interval"),
          numeric: true,
          render: (point) => formats.interval(point.low, point.high),
        },
        {
          key: "items",
          header: t("catalog.items"),
          numeric: true,
          render: (point) => formats.number(point.items),
        },
        { key: "step", header: t("skills.step"), render: (point) => <Step point={point} /> },
        { key: "at", header: t("catalog.measured"), render: (point) => <Since at={point.at} /> },
      ]}
    />
  );
}

/** What was won and lost against the version before, on the same items. */
function Step({ point: { step } }: { point: SkillPoint }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (!step) return <Text size="sm">–</Text>;
  return (
    <>
      <Text size="sm">
        {t("skills.stepIs", {
          points: formats.points(step.difference),
          interval: formats.pointsInterval(step.low, step.high),
        })}
      </Text>
      <Text size="xs" c="dimmed">
        {t("skills.wonAndLost", {
          won: formats.number(step.won),
          lost: formats.number(step.lost),
          version: String(step.against),
        })}
      </Text>
    </>
  );
}
