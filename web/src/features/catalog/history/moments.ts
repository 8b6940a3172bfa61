/** A moment that a person typed in their own time, as the API takes it. */

/** ISO in UTC for the value of a `datetime-local` field; null while it is none. */
export function momentOf(local: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(local)) return null;
  const moment = new Date(local);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}
