import type { ApiRequest } from './api-request';

const JSON_TYPE = /^application\/(?:json|[\w.-]{1,64}\+json)\b/i;

/**
 * Whether a page of another site may have sent this through a visitor's browser, cookies and all, without the server's leave. For
 * JSON a browser asks first, and gets the leave only where the host app gives it by CORS; for forms and empty bodies it does not ask.
 */
export function isFromAnotherSite(request: ApiRequest): boolean {
  const { 'sec-fetch-site': site, 'content-type': type, origin, host } = request.headers;
  if (type !== undefined && JSON_TYPE.test(type)) return false;
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  // Browsers that do not say it, and pages without TLS. Programs have no origin.
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}
