import { ActionIcon, Button, Group, Stack, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "../../../api/types";
import { EmptyState } from "../../../components/EmptyState";
import { VersionLink } from "../../../components/Links";
import { Section } from "../../../components/Section";
import { Dial } from "../../../components/studio/Dial";
import shared from "../../../components/studio/Studio.module.css";
import {
  changeParent,
  type Form,
  type FormParent,
  MAX_PARENTS,
  TRIMMING,
  withoutParent,
  withParent,
} from "../recipe/form";
import { Picker } from "./Picker";
import classes from "./Studio.module.css";

interface Props {
  form: Form;
  /** What is known of the parents, by reference. */
  versions: ReadonlyMap<string, Version>;
  onChange: (form: Form) => void;
}

/** Who rotates, with how much weight. */
export function Parents({ form, versions, onChange }: Props) {
  const { t } = useTranslation();
  const [picking, setPicking] = useState(false);
  const nobody = form.parents.length === 0;
  const pick = (
    <Button
      variant={nobody ? "filled" : "default"}
      size={nobody ? "sm" : "xs"}
      aria-expanded={picking}
      disabled={form.parents.length >= MAX_PARENTS}
      onClick={() => setPicking(!picking)}
    >
      {t(picking ? "rotation.closePicker" : nobody ? "rotation.pick" : "rotation.pickMore")}
    </Button>
  );
  return (
    <Section
      title={t("rotation.parents")}
      term={t("rotation.parentsTerm")}
      actions={(!nobody || picking) && pick}
    >
      {nobody && !picking && (
        <EmptyState title={t("rotation.nobody")} hint={t("rotation.nobodyHint")} action={pick} />
      )}
      {!nobody && (
        <ul className={shared.list} aria-label={t("rotation.parents")}>
          {form.parents.map((parent) => (
            <ParentRow
              key={parent.ref}
              parent={parent}
              version={versions.get(parent.ref)}
              trims={TRIMMING.includes(form.method)}
              onChange={(change) => onChange(changeParent(form, parent.ref, change))}
              onRemove={() => onChange(withoutParent(form, parent.ref))}
            />
          ))}
        </ul>
      )}
      {picking && (
        <Picker
          chosen={form.parents.map(({ ref }) => ref)}
          onPick={({ ref, base }) => onChange(withParent(form, ref, base))}
        />
      )}
    </Section>
  );
}

interface RowProps {
  parent: FormParent;
  version: Version | undefined;
  trims: boolean;
  onChange: (change: Partial<FormParent>) => void;
  onRemove: () => void;
}

function ParentRow({ parent, version, trims, onChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  const rank = version?.facts.rank;
  const about = [
    version?.title,
    rank !== undefined && t("rotation.rankIs", { rank: String(rank) }),
    version?.license,
  ];
  return (
    <li className={classes.parent}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Stack gap={0} miw={0}>
          <VersionLink value={parent.ref} />
          <Text size="xs" c="dimmed">
            {about.filter(Boolean).join(" · ")}
          </Text>
        </Stack>
        <ActionIcon
          variant="default"
          aria-label={t("rotation.remove", { ref: parent.ref })}
          onClick={onRemove}
        >
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </Group>
      <Dial
        label={t("rotation.weight")}
        of={parent.ref}
        value={parent.weight}
        min={0}
        max={2}
        most={100}
        step={0.05}
        onChange={(weight) => onChange({ weight })}
      />
      {trims && (
        <Dial
          label={t("rotation.density")}
          of={parent.ref}
          value={parent.density ?? 1}
          min={0.05}
          max={1}
          step={0.05}
          onChange={(density) => onChange({ density: density === 1 ? null : density })}
        />
      )}
    </li>
  );
}
