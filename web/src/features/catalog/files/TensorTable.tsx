import { Stack, Text, TextInput } from "@mantine/core";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../../components/DataTable";
import { Facts } from "../../../components/Facts";
import { useFormats } from "../../../lib/useFormats";
import type { TensorHeader } from "./safetensors";

const SHOWN = 200;

/** The tensors of a weights file, found by a part of their name. */
export function TensorTable({ header }: { header: TensorHeader }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [wanted, setWanted] = useState("");
  const filter = useDeferredValue(wanted.trim().toLowerCase());
  const found = filter
    ? header.tensors.filter(({ name, dtype }) => `${name} ${dtype}`.toLowerCase().includes(filter))
    : header.tensors;
  const dtypes = [...new Set(header.tensors.map(({ dtype }) => dtype))].sort();
  return (
    <Stack gap="sm">
      <Facts
        facts={[
          [t("personnel.tensors"), formats.number(header.total)],
          [t("catalog.parameters"), formats.number(header.parameters)],
          [t("personnel.dtypes"), dtypes.join(", ")],
          ...Object.entries(header.metadata).slice(0, 20),
        ]}
      />
      <TextInput
        label={t("personnel.filterTensors")}
        type="search"
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
        w={{ base: "100%", xs: 320 }}
      />
      <DataTable
        caption={t("personnel.tensors")}
        rows={found.slice(0, SHOWN)}
        rowKey={(tensor) => tensor.name}
        columns={[
          { key: "name", header: t("common.name"), render: (tensor) => <code>{tensor.name}</code> },
          { key: "dtype", header: t("personnel.dtype"), render: (tensor) => tensor.dtype },
          {
            key: "shape",
            header: t("personnel.shape"),
            render: (tensor) => tensor.shape.join(" × ") || "–",
            nowrap: true,
          },
          {
            key: "bytes",
            header: t("catalog.size"),
            numeric: true,
            render: (tensor) => formats.bytes(tensor.bytes),
          },
        ]}
      />
      <Text size="sm" c="dimmed" aria-live="polite">
        {t("personnel.tensorsShown", {
          shown: formats.number(Math.min(found.length, SHOWN)),
          found: formats.number(found.length),
          all: formats.number(header.total),
        })}
      </Text>
    </Stack>
  );
}
