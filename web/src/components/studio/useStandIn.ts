import { useOwnDepartmentChoices } from "../../api/departments";

/** A name that stands in for one that is still being typed: what a job takes does not depend on it. Null until known. */
export function useStandIn(model: string): string | null {
  const own = useOwnDepartmentChoices();
  const [department = ""] = model.split("/");
  const found = own.find(({ value }) => value === department) ?? own[0];
  return found ? `${found.value}/unnamed` : null;
}
