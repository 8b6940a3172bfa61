import { Badge, type MantineColor } from "@mantine/core";
import {
  type Icon,
  IconArchive,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClock,
  IconHourglass,
  IconLoader,
  IconPencil,
  IconPlayerPause,
  IconQuestionMark,
  IconSend,
} from "@tabler/icons-react";
import { useLabels } from "../lib/useLabels";

type Subject =
  | "access"
  | "version"
  | "job"
  | "request"
  | "approval"
  | "endpoint"
  | "health"
  | "plan"
  | "fit"
  | "rollout"
  | "stage";
type Look = [Icon, MantineColor];

const DONE: Look = [IconCircleCheck, "teal"];
const FAILED: Look = [IconCircleX, "red"];
const WAITING: Look = [IconHourglass, "orange"];
const ACTIVE: Look = [IconLoader, "blue"];
const OVER: Look = [IconArchive, "gray"];

/** How each state looks; the text beside the icon is in the messages under `state`. */
export const LOOKS: Record<Subject, Record<string, Look>> = {
  version: {
    draft: [IconCircleDashed, "gray"],
    candidate: WAITING,
    approved: DONE,
    suspended: [IconPlayerPause, "grape"],
    retired: OVER,
  },
  job: {
    queued: [IconClock, "gray"],
    running: ACTIVE,
    succeeded: DONE,
    failed: FAILED,
    cancelled: [IconBan, "gray"],
  },
  request: {
    draft: [IconCircleDashed, "gray"],
    building: ACTIVE,
    accepted: DONE,
    open: [IconSend, "blue"],
    in_review: WAITING,
    approved: DONE,
    rejected: FAILED,
    delivered: DONE,
    withdrawn: OVER,
  },
  fit: { verified: DONE, should_work: [IconQuestionMark, "blue"], no: FAILED },
  access: { pending: WAITING, accepted: DONE, rejected: FAILED },
  approval: {
    pending: WAITING,
    changes_requested: [IconPencil, "orange"],
    approved: DONE,
    rejected: FAILED,
    void: OVER,
  },
  endpoint: {
    empty: [IconCircleDashed, "gray"],
    starting: ACTIVE,
    ready: DONE,
    failed: FAILED,
    stopped: [IconPlayerPause, "gray"],
  },
  rollout: {
    running: ACTIVE,
    inconclusive: WAITING,
    passed: DONE,
    failed: FAILED,
    cancelled: [IconBan, "gray"],
  },
  plan: { running: ACTIVE, stopped: FAILED, succeeded: DONE, cancelled: [IconBan, "gray"] },
  stage: {
    waiting: [IconClock, "gray"],
    running: ACTIVE,
    examining: ACTIVE,
    passed: DONE,
    failed: FAILED,
  },
  health: { ok: DONE, warn: WAITING, fail: FAILED },
};

/** A state as icon, text and colour; the text keeps the page's colour, which is easier to read than a tint. */
export function StateBadge({ of, state }: { of: Subject; state: string }) {
  const label = useLabels();
  const [Mark, color] = LOOKS[of][state] ?? [IconQuestionMark, "gray"];
  return (
    <Badge
      color={color}
      variant="light"
      tt="none"
      fw={600}
      c="var(--mantine-color-text)"
      leftSection={<Mark size={14} color={`var(--mantine-color-${color}-light-color)`} aria-hidden />}
      w="max-content"
      maw="100%"
    >
      {label(`state.${of}`, state)}
    </Badge>
  );
}
