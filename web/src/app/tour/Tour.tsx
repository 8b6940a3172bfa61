import { Button, CloseButton, Group, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import { latestQuery } from "../../features/catalog/api";
import { useChangeDesk } from "../../features/notices/api";
import { goTo, useStep } from "./state";
import { type Step, stepsFor } from "./steps";
import classes from "./Tour.module.css";

/** The tour beside the page: it opens each page, points at what it speaks of, and can be left at any time. */
export function Tour() {
  const at = useStep();
  return at === null ? null : <Going at={at} />;
}

function Going({ at }: { at: number }) {
  const may = useMay();
  const latest = useQuery(latestQuery(1));
  const change = useChangeDesk();
  if (latest.isPending) return null;
  const name = latest.data?.items[0]?.name;
  const steps = stepsFor(may, name ? `/models/${name}` : null);
  const step = steps[at];
  const end = () => {
    goTo(null);
    change.mutate({ tour: "done" });
  };
  return step ? <Card key={step.name} step={step} at={at} of={steps.length} end={end} /> : null;
}

interface Props {
  step: Step;
  at: number;
  of: number;
  end: () => void;
}

function Card({ step, at, of, end }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const title = useId();
  const card = useRef<HTMLDivElement>(null);
  const { page, element } = step; // a step is made anew at every render
  useEffect(() => {
    void navigate({ href: page });
    card.current?.focus({ preventScroll: true });
    return pointAt(element);
  }, [navigate, page, element]);
  return (
    <Paper
      ref={card}
      className={classes.card}
      role="dialog"
      aria-labelledby={title}
      tabIndex={-1}
      withBorder
      shadow="lg"
      p="md"
      onKeyDown={(event) => event.key === "Escape" && end()}
    >
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap">
          <Text fw={600} id={title}>
            {t(`tour.steps.${step.name}.title`)}
          </Text>
          <CloseButton aria-label={t("tour.leave")} onClick={end} />
        </Group>
        <Text size="sm">{t(`tour.steps.${step.name}.text`)}</Text>
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {t("tour.at", { step: at + 1, of })}
          </Text>
          <Group gap="xs">
            {at > 0 && (
              <Button size="xs" variant="default" onClick={() => goTo(at - 1)}>
                {t("tour.back")}
              </Button>
            )}
            <Button size="xs" onClick={at + 1 < of ? () => goTo(at + 1) : end}>
              {t(at + 1 < of ? "tour.next" : "tour.finish")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </Paper>
  );
}

/** Mark the element once it is on the page; gives what takes the mark away. */
function pointAt(selector: string): () => void {
  let marked: Element | null = null;
  const look = () => {
    const found = document.querySelector(selector);
    if (found === marked) return;
    marked?.removeAttribute("data-touring");
    marked = found;
    found?.setAttribute("data-touring", "");
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true });
  look();
  return () => {
    observer.disconnect();
    marked?.removeAttribute("data-touring");
  };
}
