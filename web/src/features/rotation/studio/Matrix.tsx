import { DataTable } from "../../../components/DataTable";
import { useFormats } from "../../../lib/useFormats";

interface Props {
  title: string;
  names: string[];
  value: (row: number, column: number) => number | null;
}

/** A square of shares; the tint repeats the number for the eye. */
export function Matrix({ title, names, value }: Props) {
  const formats = useFormats();
  return (
    <DataTable
      caption={title}
      rows={names.map((name, row) => ({ name, row }))}
      rowKey={({ name }) => name}
      wide
      columns={[
        { key: "name", header: title, render: ({ name }) => name },
        ...names.map((name, column) => ({
          key: name,
          header: name,
          numeric: true,
          render: ({ row }: { row: number }) => {
            const found = value(row, column);
            const share = Math.min(1, Math.abs(found ?? 0));
            const tint = row === column ? 0 : Math.round(share * 45);
            return (
              <span
                style={{
                  display: "block",
                  padding: "0 0.4rem",
                  borderRadius: "var(--mantine-radius-sm)",
                  background: `color-mix(in srgb, var(--mantine-color-orange-5) ${tint}%, transparent)`,
                }}
              >
                {found === null ? "–" : formats.measure(Math.round(found * 1000) / 1000)}
              </span>
            );
          },
        })),
      ]}
    />
  );
}
