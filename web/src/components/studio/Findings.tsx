import { Group, Text, VisuallyHidden } from "@mantine/core";
import {
  type Icon,
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconInfoCircle,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Finding } from "../../api/types";
import classes from "./Studio.module.css";
import { type Studio, useSaid } from "./useSaid";

const LOOKS: Record<Finding["level"], [Icon, string]> = {
  stop: [IconCircleX, "red"],
  warning: [IconAlertTriangle, "orange"],
  note: [IconInfoCircle, "blue"],
  ok: [IconCircleCheck, "teal"],
};
const ORDER = Object.keys(LOOKS);

/** What the check before the run found, the worst first; what is in order is folded away. */
export function Findings({ of, findings }: { of: Studio; findings: Finding[] }) {
  const { t } = useTranslation();
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  const good = sorted.filter(({ level }) => level === "ok");
  return (
    <div>
      <List of={of} findings={sorted.filter(({ level }) => level !== "ok")} />
      {good.length > 0 && (
        <Text component="details" size="sm" mt={6}>
          <summary>{t("studio.inOrder", { number: good.length })}</summary>
          <List of={of} findings={good} />
        </Text>
      )}
    </div>
  );
}

function List({ of, findings }: { of: Studio; findings: Finding[] }) {
  const { t } = useTranslation();
  const said = useSaid(of);
  if (findings.length === 0) return null;
  return (
    <ul className={classes.list} aria-label={t("studio.findings")}>
      {findings.map(({ level, code, message, params }) => {
        const [Mark, color] = LOOKS[level];
        return (
          <Group
            component="li"
            key={`${code} ${message}`}
            gap={6}
            wrap="nowrap"
            align="flex-start"
            data-level={level}
          >
            <Mark
              size={18}
              color={`var(--mantine-color-${color}-light-color)`}
              aria-hidden
              style={{ flex: "none", marginTop: 1 }}
            />
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              <VisuallyHidden>{t(`studio.level.${level}`)} </VisuallyHidden>
              {said("finding", code, message, params)}
            </Text>
          </Group>
        );
      })}
    </ul>
  );
}
