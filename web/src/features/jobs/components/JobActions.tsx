import { Button } from "@mantine/core";
import { IconCopyPlus, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Job } from "../../../api/types";
import { ButtonLink } from "../../../components/Links";
import { MAX_ADDRESS } from "../../../lib/search";
import { isFinal, useCancelJob, useRetryJob } from "../api";
import { recipeOf } from "../recipe";

export function JobActions({ job }: { job: Job }) {
  const { t } = useTranslation();
  const may = useMay();
  const cancel = useCancelJob(job.id, t("jobs.cancelled"));
  const retry = useRetryJob(job.id, t("jobs.retried"));
  if (!may("job.run")) return null;
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

/** The same once more, in its studio, to change something first. */
function Clone({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { studio, yaml } = recipeOf(job);
  if (!studio || yaml.length > MAX_ADDRESS) return null;
  return (
    <ButtonLink
      to={studio}
      search={{ recipe: yaml }}
      variant="default"
      leftSection={<IconCopyPlus size={16} aria-hidden />}
    >
      {t("jobs.cloneInStudio")}
    </ButtonLink>
  );
}
