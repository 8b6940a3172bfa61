import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Version } from "../../../api/types";
import { ReasonButton } from "../../../components/ReasonButton";
import { type Move, useMove } from "../api";
import { SuccessorChoice } from "./SuccessorChoice";

const MOVES: Record<Version["state"], Move[]> = {
  draft: ["retire"],
  candidate: ["retire"],
  approved: ["suspend", "retire"],
  suspended: ["reinstate", "retire"],
  retired: [],
};

/** What may be done with the version in its state; each asks for a reason. */
export function MoveButtons({
  version,
  department,
  model,
}: {
  version: Version;
  department: string;
  model: string;
}) {
  const { t } = useTranslation();
  const may = useMay();
  const move = useMove(department, model, version.version, t("catalog.moved"));
  const [successor, setSuccessor] = useState<string | null>(null);
  if (!may("version.retire", department)) return null;
  return MOVES[version.state].map((each) => (
    <ReasonButton
      key={each}
      label={t(`catalog.move.${each}`)}
      explanation={t(`catalog.moveHint.${each}`, { ref: version.ref })}
      variant="default"
      color={each === "retire" ? "red" : undefined}
      onConfirm={(reason) =>
        move.mutateAsync({
          move: each,
          reason,
          successor: each === "retire" ? (successor ?? undefined) : undefined,
        })
      }
    >
      {each === "retire" && (
        <SuccessorChoice retiring={version.ref} value={successor} onChange={setSuccessor} />
      )}
    </ReasonButton>
  ));
}
