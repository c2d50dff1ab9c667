/** What to write into the address; undefined takes the parameter out. */
export type QueryChanges = Readonly<Record<string, string | undefined>>;

/** The query with the parameters changed, and all others as they were: `''`, or with its `?`. */
export function changedQuery(query: string, changes: QueryChanges): string {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) parameters.delete(name);
    else parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
