import { Text, UnstyledButton } from "@mantine/core";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import { VersionLink } from "../../../components/Links";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import classes from "./FamilyGraph.module.css";
import type { Fold, Kin } from "./graph";

export type KinNodeType = Node<
  { kin: Kin; focus: boolean; asked: boolean; onAsk: (ref: string) => void },
  "kin"
>;
export type FoldNodeType = Node<{ fold: Fold; onOpen: (fold: string) => void }, "fold">;

/** One version: who it is, what it is, and a button for its relatives. */
export function KinNode({ data: { kin, focus, asked, onAsk } }: NodeProps<KinNodeType>) {
  const { t } = useTranslation();
  const label = useLabels();
  return (
    <div className={classes.node} data-focus={focus || undefined} data-state={kin.state}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Text size="xs" fw={600} truncate title={kin.ref} component="div">
        <VersionLink value={kin.ref} />
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {label("kind.version", kin.kind)}
      </Text>
      <Text size="xs" c="dimmed" truncate pe="xl">
        {label("state.version", kin.state)}
      </Text>
      {!asked && (
        <UnstyledButton
          className={classes.more}
          onClick={() => onAsk(kin.ref)}
          aria-label={t("family.askKin", { ref: kin.ref })}
        >
          +
        </UnstyledButton>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

/** Many that are alike, in one node that opens. */
export function FoldNode({ data: { fold, onOpen } }: NodeProps<FoldNodeType>) {
  const { t } = useTranslation();
  const formats = useFormats();
  const label = useLabels();
  return (
    <div className={classes.fold}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <UnstyledButton onClick={() => onOpen(fold.id)} className={classes.open}>
        <Text size="sm" fw={600} span>
          {t("family.fold", {
            number: formats.number(fold.members.length),
            kind: label("kind.version", fold.kind),
          })}
        </Text>
        <Text size="xs" c="dimmed" display="block" span>
          {label("relation", fold.relation)} · {t("family.openFold")}
        </Text>
      </UnstyledButton>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
