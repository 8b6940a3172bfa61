/** What of a family is drawn: siblings that are alike fold into one node, and never more nodes than the budget. */

export interface Kin {
  ref: string;
  kind: string;
  state: string;
  title: string;
}

export interface Tie {
  child: string;
  parent: string;
  relation: string;
  weight: number | null;
}

export interface Family {
  nodes: Kin[];
  edges: Tie[];
}

export interface Member {
  id: string;
  kin: Kin;
}

/** Relatives that differ in nothing that the picture shows. */
export interface Fold {
  id: string;
  members: Kin[];
  kind: string;
  relation: string;
}

export interface Line {
  id: string;
  source: string;
  target: string;
  relation: string;
  weight: number | null;
}

export interface Picture {
  members: Member[];
  folds: Fold[];
  lines: Line[];
  /** Relatives that the server told of and the picture has no room for. */
  left: number;
}

export const BUDGET = 200;
const FOLD_FROM = 6;

/** Both families as one; what both know is taken once. */
export function join(one: Family, other: Family): Family {
  const nodes = new Map([...one.nodes, ...other.nodes].map((each) => [each.ref, each]));
  const edges = new Map([...one.edges, ...other.edges].map((each) => [tieKey(each), each]));
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

function tieKey({ child, parent, relation }: Tie): string {
  return `${parent} ${child} ${relation}`;
}

/** The picture around `focus`; folds named in `opened` are shown one by one. */
export function arrange(
  family: Family,
  focus: string,
  opened: ReadonlySet<string>,
  budget = BUDGET,
): Picture {
  const ties = new Map<string, Tie[]>();
  for (const tie of family.edges) {
    for (const end of [tie.child, tie.parent]) {
      const known = ties.get(end);
      if (known) known.push(tie);
      else ties.set(end, [tie]);
    }
  }
  const folds = foldLeaves(family, ties, focus).filter((fold) => !opened.has(fold.id));
  const folded = new Map(folds.flatMap((fold) => fold.members.map((kin) => [kin.ref, fold.id])));
  const shownAs = (ref: string) => folded.get(ref) ?? ref;

  const known = new Set(family.nodes.map((kin) => kin.ref));
  const kept = nearest(focus, ties, shownAs, known, budget);
  const members = family.nodes
    .filter((kin) => !folded.has(kin.ref) && kept.has(kin.ref))
    .map((kin) => ({ id: kin.ref, kin }));
  const keptFolds = folds.filter((fold) => kept.has(fold.id));
  const lines = new Map<string, Line>();
  for (const tie of family.edges) {
    const [source, target] = [shownAs(tie.parent), shownAs(tie.child)];
    if (!kept.has(source) || !kept.has(target)) continue;
    const isFold = source !== tie.parent || target !== tie.child;
    const id = `${source} ${target} ${tie.relation}`;
    lines.set(id, { id, source, target, relation: tie.relation, weight: isFold ? null : tie.weight });
  }
  const shown = members.length + keptFolds.reduce((sum, fold) => sum + fold.members.length, 0);
  return { members, folds: keptFolds, lines: [...lines.values()], left: family.nodes.length - shown };
}

/** Leaves with the same only neighbour, the same side of it, relation and kind. */
function foldLeaves(family: Family, ties: Map<string, Tie[]>, focus: string): Fold[] {
  const folds = new Map<string, Fold>();
  for (const kin of family.nodes) {
    const [tie, second] = ties.get(kin.ref) ?? [];
    if (kin.ref === focus || !tie || second) continue;
    const isChild = tie.child === kin.ref;
    const id = `fold ${isChild ? `of ${tie.parent}` : `for ${tie.child}`} ${tie.relation} ${kin.kind}`;
    const fold = folds.get(id);
    if (fold) fold.members.push(kin);
    else folds.set(id, { id, members: [kin], kind: kin.kind, relation: tie.relation });
  }
  return [...folds.values()].filter((fold) => fold.members.length >= FOLD_FROM);
}

/** The `budget` nodes that are fewest steps away, the focus among them. */
function nearest(
  focus: string,
  ties: Map<string, Tie[]>,
  shownAs: (ref: string) => string,
  known: ReadonlySet<string>,
  budget: number,
): Set<string> {
  const kept = new Set([focus]);
  let ring = [focus];
  while (ring.length > 0 && kept.size < budget) {
    const next: string[] = [];
    for (const ref of ring) {
      for (const tie of ties.get(ref) ?? []) {
        const other = tie.child === ref ? tie.parent : tie.child;
        const shown = shownAs(other);
        if (kept.has(shown) || !known.has(other) || kept.size >= budget) continue;
        kept.add(shown);
        if (shown === other) next.push(other);
      }
    }
    ring = next;
  }
  return kept;
}
