import { Button, Group, Modal, NumberInput, Radio, Select, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { ErrorBox } from "../../../components/ErrorBox";
import { type Derivation, useDerive, WEIGHTS, type Weights } from "./api";

/** What is put behind the name, so that the child gets a model of its own. */
const SUFFIX: Record<Derivation, string> = {
  bake: "whole",
  extract: "lora",
  quantize: "int8",
  export: "gguf",
};

interface Props {
  how: Derivation;
  version: Version;
  onClose: () => void;
}

/** Says what comes out and where it is filed, then orders the job. */
export function DeriveDialog({ how, version, onClose }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const derive = useDerive();
  const [model, setModel] = useState(`${version.name}-${SUFFIX[how]}`);
  const [title, setTitle] = useState("");
  const [base, setBase] = useState(version.base ?? "");
  const [by, setBy] = useState<"energy" | "rank">("energy");
  const [energy, setEnergy] = useState(99);
  const [rank, setRank] = useState(16);
  const [weights, setWeights] = useState<Weights>("q8_0");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const size = by === "rank" ? { rank } : { energy: energy / 100 };
    derive.mutate(
      {
        how,
        version: version.ref,
        model: model.trim() || undefined,
        title: title.trim() || undefined,
        ...(how === "export" ? { weights } : {}),
        ...(how === "extract" ? { ...size, base: needsBase ? base.trim() || undefined : undefined } : {}),
      },
      { onSuccess: (job) => void navigate({ to: "/jobs/$id", params: { id: job.id } }) },
    );
  };
  const needsBase = how === "extract" && version.kind !== "adapter";
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(`rotation.derive.${how}.name`)}
      closeButtonProps={{ "aria-label": t("common.close") }}
      centered
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t(`rotation.derive.${how}.hint`, { ref: version.ref })}</Text>
          {how === "extract" && (
            <Radio.Group
              label={t("rotation.size")}
              value={by}
              onChange={(value) => setBy(value === "rank" ? "rank" : "energy")}
            >
              <Group mt="xs">
                <Radio value="energy" label={t("rotation.derive.byEnergy")} />
                <Radio value="rank" label={t("rotation.derive.byRank")} />
              </Group>
            </Radio.Group>
          )}
          {how === "extract" && by === "energy" && (
            <NumberInput
              label={t("rotation.energyKept")}
              value={energy}
              min={1}
              max={100}
              decimalScale={3}
              suffix=" %"
              onChange={(value) => typeof value === "number" && setEnergy(value)}
            />
          )}
          {how === "extract" && by === "rank" && (
            <NumberInput
              label={t("rotation.rank")}
              value={rank}
              min={1}
              max={1024}
              allowDecimal={false}
              onChange={(value) => typeof value === "number" && setRank(value)}
            />
          )}
          {how === "export" && (
            <Select
              label={t("rotation.derive.weights")}
              data={WEIGHTS.map((value) => ({ value, label: t(`rotation.derive.keeps.${value}`) }))}
              value={weights}
              allowDeselect={false}
              onChange={(value) => setWeights(WEIGHTS.find((each) => each === value) ?? "q8_0")}
            />
          )}
          {needsBase && (
            <TextInput
              label={t("rotation.derive.tunedFrom")}
              description={t("rotation.derive.tunedFromHint")}
              value={base}
              onChange={(event) => setBase(event.currentTarget.value)}
            />
          )}
          <TextInput
            label={t("rotation.derive.place")}
            description={t("rotation.derive.placeHint")}
            value={model}
            onChange={(event) => setModel(event.currentTarget.value)}
            maxLength={127}
            required
          />
          <TextInput
            label={t("common.title")}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
            maxLength={128}
          />
          {derive.error && <ErrorBox error={derive.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={derive.isPending}>
              {t("rotation.derive.order")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
