/** Saved views of the directory: a name for an address, kept in this browser for each person. */

export interface View {
  name: string;
  /** The query string, without the question mark. */
  search: string;
}

const MOST = 50;

export function viewsKey(username: string): string {
  return `aird.views.${username}`;
}

/** What was kept; nothing when it cannot be read. */
export function parseViews(text: string | null): View[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isView).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

function isView(value: unknown): value is View {
  if (typeof value !== "object" || value === null) return false;
  const { name, search } = value as Record<string, unknown>;
  return typeof name === "string" && name !== "" && typeof search === "string";
}

/** The views with this one: an old one of the same name gives way, names stay in order. */
export function withView(views: View[], view: View): View[] {
  const others = views.filter(({ name }) => name !== view.name);
  return [...others, view].sort((a, b) => a.name.localeCompare(b.name)).slice(0, MOST);
}

export function withoutView(views: View[], name: string): View[] {
  return views.filter((view) => view.name !== name);
}
