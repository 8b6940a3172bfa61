import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { findVersionsQuery } from "../api";

interface Props {
  /** The version that leaves, which cannot follow itself. */
  retiring: string;
  value: string | null;
  onChange: (ref: string | null) => void;
}

/** Which version takes over from one that is retired; nobody has to. */
export function SuccessorChoice({ retiring, value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <VersionChoice
      label={t("personnel.successor")}
      description={t("personnel.successorHint")}
      value={value}
      onChange={onChange}
      without={retiring}
    />
  );
}

interface ChoiceProps {
  label: string;
  description?: string;
  value: string | null;
  onChange: (ref: string | null) => void;
  without?: string;
  required?: boolean;
  kind?: "base";
}

/** Any version of the house that is not retired, found by what is typed. */
export function VersionChoice({ label, description, value, onChange, without, required, kind }: ChoiceProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.replace(/@\d*$/, ""), 250);
  const found = useQuery({ ...findVersionsQuery(search, kind), placeholderData: keepPreviousData });
  const refs = (found.data?.items ?? []).filter((each) => each.state !== "retired").map((each) => each.ref);
  const data = [...new Set([...(value ? [value] : []), ...refs])].filter((ref) => ref !== without);
  return (
    <Select
      label={label}
      description={description}
      data={data}
      value={value}
      onChange={onChange}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={t("common.nothingFound")}
      clearable
      clearButtonProps={{ "aria-label": t("common.clear") }}
      required={required}
      comboboxProps={{ withinPortal: true }}
    />
  );
}
