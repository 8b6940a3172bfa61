import { useMemo } from "react";
import { type Copied, type Form, textOf } from "../lib/copyForms";
import { CopyBlock } from "./CopyBlock";

/** One form of the object; in a file of its own, because YAML needs a library that few pages have loaded. */
export default function CopyForm({ copied, form }: { copied: Copied; form: Form }) {
  const text = useMemo(() => textOf(copied, form, window.location.origin), [copied, form]);
  return <CopyBlock text={text} what={form} maxHeight={300} />;
}
