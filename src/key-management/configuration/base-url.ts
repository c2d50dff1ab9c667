const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export const isLoopback = (url: string): boolean => URL.canParse(url) && LOOPBACK.has(new URL(url).hostname);

export const BASE_URL_RULE =
  'must be an https URL (http only on loopback) without credentials or query, as https://api.openai.com';

/** Whether keys would travel in the clear outside of this machine. */
export const isUnencrypted = (baseUrl: string): boolean =>
  URL.canParse(baseUrl) && new URL(baseUrl).protocol === 'http:' && !isLoopback(baseUrl);

/** The official SDKs' own variables end in the version path, which is ours to add. */
export function withoutVersion(baseUrl: string): string {
  let end = baseUrl.length;
  while (baseUrl[end - 1] === '/') end -= 1;
  return baseUrl.slice(0, end).replace(/\/v1(?:beta)?$/, '');
}
