/** What on the pages may be out of date when something happened in a slice of the server. */

const KEYS: Record<string, readonly string[]> = {
  approval: ["approvals", "approval"],
  auth: ["people", "tokens", "departments"],
  catalog: ["models", "model", "versions", "lineage", "organisation"],
  datasets: ["datasets", "dataset"],
  deploy: ["endpoints"],
  evaluation: ["skills", "suites", "runs"],
  hub: ["models", "model", "versions"],
  jobs: ["jobs", "compute"],
  metering: ["usage", "budgets"],
  planning: ["plans", "plan"],
  requests: ["requests", "request"],
};

/** The first words of the query keys that these slices stand behind. */
export function staleKeys(slices: readonly string[]): string[] {
  return [...new Set(slices.flatMap((slice) => KEYS[slice] ?? []))];
}
