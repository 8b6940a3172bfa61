import { Progress, Table, Text } from "@mantine/core";
import { useFormats } from "../../../lib/useFormats";

interface Props {
  title: string;
  /** What the rows are. */
  name: string;
  rows: [label: string, count: number][];
}

/** A bar chart that is a table as well: every bar stands beside its number. */
export function Bars({ title, name, rows }: Props) {
  const formats = useFormats();
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return (
    <div style={{ flex: "1 1 16rem", minWidth: 0, maxWidth: "26rem" }}>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <Table verticalSpacing={2} withRowBorders={false} aria-label={`${title}: ${name}`}>
        <Table.Tbody>
          {rows.map(([label, count]) => (
            <Table.Tr key={label}>
              <Table.Th fw={400} w="40%" style={{ overflowWrap: "anywhere" }} scope="row">
                {label}
              </Table.Th>
              <Table.Td>
                <Progress value={(100 * count) / most} size="lg" aria-hidden />
              </Table.Td>
              <Table.Td ta="right" w="5rem">
                {formats.number(count)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
