import { Text } from "@mantine/core";
import { useFormats } from "../lib/useFormats";

/** A moment as people say it, with the exact time on hover. */
export function Since({ at }: { at: string | null | undefined }) {
  const formats = useFormats();
  if (!at) return <>–</>;
  return (
    <Text component="time" inherit dateTime={at} title={formats.date(at)} style={{ whiteSpace: "nowrap" }}>
      {formats.ago(at)}
    </Text>
  );
}
