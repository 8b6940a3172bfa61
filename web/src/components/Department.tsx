import { useDepartmentTitle } from "../api/departments";

/** A department as people call it; its key is what addresses and programs know. */
export function Department({ of }: { of: string }) {
  const title = useDepartmentTitle();
  return <span title={of}>{title(of)}</span>;
}
