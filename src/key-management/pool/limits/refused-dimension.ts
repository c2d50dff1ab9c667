const TOKENS = /\btokens? per (?:min|day)|\bT[PI]?[PTO]?M\b|\btoken(?:s|_count| limit| rate)/i;
const REQUESTS = /\brequests? per (?:min|day)|\bRP[MD]\b|\brequest (?:limit|rate)/i;

/** What the limit counts that a refusal names; undefined where its words do not say. */
export function refusedDimension(reason: string): 'requests' | 'tokens' | undefined {
  if (REQUESTS.test(reason)) return 'requests';
  return TOKENS.test(reason) ? 'tokens' : undefined;
}
