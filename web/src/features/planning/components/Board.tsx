import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { CareerPlan } from "../../../api/types";
import { inColumns } from "../levels";
import classes from "./Board.module.css";
import { StageCard } from "./StageCard";

/** The stages from left to right: what stands in one column may run at the same time. */
export function Board({ plan }: { plan: CareerPlan }): ReactNode {
  const { t } = useTranslation();
  return (
    <ol className={classes.board} aria-label={t("plans.board")}>
      {inColumns(plan.board).map((column) => (
        <li key={column.map(({ name }) => name).join()}>
          <ul className={classes.column}>
            {column.map((stage) => (
              <StageCard key={stage.name} stage={stage} />
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}
