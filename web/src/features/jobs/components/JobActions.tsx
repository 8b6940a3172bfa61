import { Button } from "@mantine/core";
import { IconCopyPlus, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Job } from "../../../api/types";
import { ButtonLink } from "../../../components/Links";
import { MAX_ADDRESS } from "../../../lib/search";
import { isFinal, useCancelJob, useCloneJob, useRetryJob } from "../api";
import { recipeOf } from "../recipe";

export function JobActions({ job }: { job: Job }) {
  const { t } = useTranslation();
  const may = useMay();
  const cancel = useCancelJob(job.id, t("jobs.cancelled"));
  const retry = useRetryJob(job.id, t("jobs.retried"));
  if (!may("job.run", job.department)) return null;
  const ended = isFinal(job);
  return (
    <>
      {ended && job.state !== "succeeded" && (
        <Button
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          loading={retry.isPending}
          onClick={() => retry.mutate(undefined)}
        >
          {t("jobs.resume")}
        </Button>
      )}
      <Clone job={job} />
      {!ended && (
        <Button
          color="red"
          variant="light"
          leftSection={<IconPlayerStop size={16} aria-hidden />}
          disabled={job.cancel_requested}
          loading={cancel.isPending}
          onClick={() => cancel.mutate(undefined)}
        >
          {t("jobs.cancel")}
        </Button>
      )}
    </>
  );
}

/** The same once more: in its studio, to change something first, or ordered as it is where there is no studio. */
function Clone({ job }: { job: Job }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const clone = useCloneJob(job.id, t("jobs.cloned"));
  const { studio, yaml } = recipeOf(job);
  const icon = <IconCopyPlus size={16} aria-hidden />;
  if (studio && yaml.length <= MAX_ADDRESS) {
    return (
      <ButtonLink to={studio} search={{ recipe: yaml }} variant="default" leftSection={icon}>
        {t("jobs.cloneInStudio")}
      </ButtonLink>
    );
  }
  return (
    <Button
      variant="default"
      leftSection={icon}
      loading={clone.isPending}
      onClick={() =>
        clone.mutate(undefined, {
          onSuccess: (made) => void navigate({ to: "/jobs/$id", params: { id: made.id } }),
        })
      }
    >
      {t("jobs.clone")}
    </Button>
  );
}
