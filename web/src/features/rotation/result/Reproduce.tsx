import { Alert, Button, Text } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Job } from "../../../api/types";
import { Section } from "../../../components/Section";
import { jobQuery, useReproduce } from "../api";
import { RunningJob } from "../studio/RunningJob";

/** Has the version computed again from its recipe and says whether the same bytes came out. */
export function Reproduce({ version }: { version: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const order = useReproduce(version);
  const [id, setId] = useState<string | null>(null);
  const job = useQuery({ ...jobQuery(id ?? ""), enabled: id !== null });
  if (!may("job.run")) return null;
  const runs = job.data?.state === "queued" || job.data?.state === "running";
  return (
    <Section
      title={t("rotation.reproduce")}
      term={t("rotation.reproduceTerm")}
      actions={
        <Button
          size="xs"
          variant="default"
          loading={order.isPending || runs}
          onClick={() => order.mutate(undefined, { onSuccess: (made) => setId(made.id) })}
        >
          {t("rotation.reproduce")}
        </Button>
      }
    >
      <Text size="sm" c="dimmed">
        {t("rotation.reproduceHint")}
      </Text>
      {job.data && <RunningJob job={job.data} />}
      {job.data?.state === "succeeded" && <Outcome result={job.data.result ?? {}} />}
    </Section>
  );
}

function Outcome({ result }: { result: NonNullable<Job["result"]> }) {
  const { t } = useTranslation();
  if (result.same === true) {
    return <Alert color="teal" icon={<IconCircleCheck aria-hidden />} title={t("rotation.reproduceSame")} />;
  }
  const files = Array.isArray(result.differing) ? result.differing.join(", ") : "";
  return (
    <Alert color="red" icon={<IconCircleX aria-hidden />} title={t("rotation.reproduceDiffers")}>
      <Text size="sm">{t("rotation.reproduceFiles", { files })}</Text>
      {result.same_device === false && <Text size="sm">{t("rotation.reproduceElsewhere")}</Text>}
    </Alert>
  );
}
