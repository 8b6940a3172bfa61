import { useComputedColorScheme } from "@mantine/core";
import { Background, Controls, type Edge, type Node, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../../lib/useFormats";
import { useLabels } from "../../../lib/useLabels";
import classes from "./FamilyGraph.module.css";
import { FoldNode, type FoldNodeType, KinNode, type KinNodeType } from "./FamilyNodes";
import type { Picture } from "./graph";
import { NODE } from "./layout";
import { useLayout } from "./useLayout";

interface Props {
  picture: Picture;
  focus: string;
  /** Versions whose relatives were asked for. */
  asked: ReadonlySet<string>;
  onOpen: (fold: string) => void;
  onAsk: (ref: string) => void;
}

const NODE_TYPES = { kin: KinNode, fold: FoldNode };

/** The picture of a family; its places are worked out in a worker. */
export default function FamilyGraph({ picture, focus, asked, onOpen, onAsk }: Props) {
  const { t } = useTranslation();
  const label = useLabels();
  const formats = useFormats();
  const scheme = useComputedColorScheme("light");
  const order = useMemo(
    () => ({
      nodes: [...picture.members, ...picture.folds].map(({ id }) => id),
      edges: picture.lines.map(({ source, target }) => ({ source, target })),
    }),
    [picture],
  );
  const places = useLayout(order);
  const nodes = useMemo((): Node[] => {
    if (!places) return [];
    const at = (id: string) => ({ id, position: places[id] ?? { x: 0, y: 0 }, ...NODE });
    const members = picture.members
      .filter(({ id }) => places[id])
      .map(({ id, kin }): KinNodeType => {
        return { ...at(id), type: "kin", data: { kin, focus: id === focus, asked: asked.has(id), onAsk } };
      });
    const folds = picture.folds
      .filter(({ id }) => places[id])
      .map((fold): FoldNodeType => ({ ...at(fold.id), type: "fold", data: { fold, onOpen } }));
    return [...members, ...folds];
  }, [picture, places, focus, asked, onAsk, onOpen]);
  const edges = useMemo(
    () =>
      picture.lines.map(
        ({ id, source, target, relation, weight }): Edge => ({
          id,
          source,
          target,
          label: `${label("relation", relation)}${weight === null ? "" : ` · ${formats.measure(weight)}`}`,
        }),
      ),
    [picture, label, formats],
  );
  if (places === null) return <p role="alert">{t("family.noLayout")}</p>;
  return (
    <section
      className={classes.box}
      aria-label={t("family.graphOf", { ref: focus })}
      data-laid-out={places !== undefined}
    >
      {places && (
        <ReactFlow
          key={scheme}
          nodes={nodes}
          edges={picture.lines.length > 60 ? edges.map((edge) => ({ ...edge, label: undefined })) : edges}
          nodeTypes={NODE_TYPES}
          colorMode={scheme}
          fitView
          fitViewOptions={{ maxZoom: 1, minZoom: 0.4 }}
          minZoom={0.05}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          onlyRenderVisibleElements
          zoomOnScroll={false}
          preventScrolling={false}
          ariaLabelConfig={{
            "controls.ariaLabel": t("family.controls"),
            "controls.zoomIn.ariaLabel": t("family.zoomIn"),
            "controls.zoomOut.ariaLabel": t("family.zoomOut"),
            "controls.fitView.ariaLabel": t("family.fit"),
          }}
        >
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
      )}
    </section>
  );
}
