import { SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useOwnDepartmentChoices } from "../../../api/departments";
import { modelsQuery } from "../directoryApi";
import { suggestName, type Target } from "./target";

interface Props {
  target: Target;
  onChange: (target: Target) => void;
  disabled: boolean;
}

/** Which model the files belong to: one that is there, or a new one. */
export function ModelChoice({ target, onChange, disabled }: Props) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label={t("register.which")}
        data={[
          { value: "new", label: t("register.newModel") },
          { value: "known", label: t("register.knownModel") },
        ]}
        value={target.kind}
        disabled={disabled}
        style={{ alignSelf: "flex-start" }}
        onChange={(kind) => onChange({ ...target, kind: kind === "new" ? "new" : "known" })}
      />
      {target.kind === "new" ? (
        <NewModel target={target} onChange={onChange} disabled={disabled} />
      ) : (
        <KnownModel target={target} onChange={onChange} disabled={disabled} />
      )}
    </Stack>
  );
}

function NewModel({ target, onChange, disabled }: Props) {
  const { t } = useTranslation();
  const departments = useOwnDepartmentChoices();
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <Select
          label={t("common.department")}
          data={departments}
          value={target.department || null}
          onChange={(department) => onChange({ ...target, department: department ?? "" })}
          required
          disabled={disabled}
        />
        <TextInput
          label={t("common.title")}
          value={target.title}
          onChange={(event) => {
            const title = event.currentTarget.value;
            const own = target.name !== suggestName(target.title);
            onChange({ ...target, title, name: own ? target.name : suggestName(title) });
          }}
          required
          maxLength={128}
          disabled={disabled}
        />
        <TextInput
          label={t("register.name")}
          description={t("register.nameHint")}
          value={target.name}
          onChange={(event) => onChange({ ...target, name: event.currentTarget.value })}
          required
          maxLength={63}
          disabled={disabled}
          inputWrapperOrder={["label", "input", "description", "error"]}
        />
      </SimpleGrid>
    </Stack>
  );
}

function KnownModel({ target, onChange, disabled }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed === target.known ? "" : typed, 250);
  const models = useInfiniteQuery({
    ...modelsQuery({ search: search || undefined }),
    placeholderData: keepPreviousData,
  });
  const names = models.data?.pages.flatMap((page) => page.items.map((each) => each.name)) ?? [];
  return (
    <>
      <Select
        label={t("register.model")}
        data={[...new Set([...(target.known ? [target.known] : []), ...names])]}
        value={target.known || null}
        onChange={(known) => onChange({ ...target, known: known ?? "" })}
        searchable
        searchValue={typed}
        onSearchChange={setTyped}
        filter={({ options }) => options}
        nothingFoundMessage={t("common.nothingFound")}
        required
        disabled={disabled}
        maw={480}
      />
      {target.known && (
        <Text size="sm" c="dimmed">
          {t("register.becomesVersion", { name: target.known })}
        </Text>
      )}
    </>
  );
}
