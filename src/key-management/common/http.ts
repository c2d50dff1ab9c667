/** An http or https URL without credentials, query and fragment: one that paths can be joined to. */
export const isBaseUrl = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url !== undefined && /^https?:$/.test(url.protocol) && !(url.username || url.password || url.search || url.hash)
  );
};

/** The same headers under lower-case names. Of two that differ in case alone, the later one counts. */
export const withLowerCaseNames = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Adds the query parameters that the URL does not have yet. */
export function addMissingParameters(url: URL, query: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(query)) if (!url.searchParams.has(name)) url.searchParams.set(name, value);
}
