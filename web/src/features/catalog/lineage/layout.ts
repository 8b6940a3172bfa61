/** Where the nodes of a family picture stand. Costs a second at a thousand nodes, so it runs in a worker. */
import { Graph, layout } from "@dagrejs/dagre";

export const NODE = { width: 220, height: 78 };

export interface LayoutOrder {
  id: number;
  nodes: string[];
  edges: { source: string; target: string }[];
}

export interface Layout {
  id: number;
  places: Record<string, { x: number; y: number }>;
}

/** Parents to the left, children to the right; places are upper left corners. */
export function lay({ id, nodes, edges }: LayoutOrder): Layout {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 16, ranksep: 120 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node, { ...NODE });
  for (const { source, target } of edges) graph.setEdge(source, target);
  layout(graph);
  const places = nodes.map((node) => {
    const { x = 0, y = 0 } = graph.node(node);
    return [node, { x: x - NODE.width / 2, y: y - NODE.height / 2 }] as const;
  });
  return { id, places: Object.fromEntries(places) };
}
