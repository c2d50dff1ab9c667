const TOKENS = /\btokens? per (?:min|day)|\b(?:TPM|TPD|ITPM|OTPM)\b/i;
const REQUESTS = /\brequests? per (?:min|day)|\b(?:RPM|RPD)\b/i;

/** What the limit counts that a refusal names; undefined where its words do not say. */
export function refusedDimension(reason: string): 'requests' | 'tokens' | undefined {
  if (REQUESTS.test(reason)) return 'requests';
  return TOKENS.test(reason) ? 'tokens' : undefined;
}
