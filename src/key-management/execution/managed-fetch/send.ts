import { redactReason } from '../../classification/redaction/redact';
import { cancelBody } from '../../common/cancel-response-body';
import type { AttemptContext } from '../attempt-context';
import { AttemptFailure } from '../failures/classify-attempt';
import { isUnder, RefusedDestinationError } from './destination';
import { credentialText } from '../../vendors/contract/vendor';
import type { KeyDestination } from './key-destination';
import type { FetchTerms } from './managed-request';
import { isStream } from './request-body';

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends the request with the key in the vendor's own place. Redirects are followed only where this key may go: within the origin, under its
 * base URL.
 * @throws AttemptFailure for a redirect that is not followed, and what fetch throws
 */
export async function send(
  { request, baseUrl }: KeyDestination,
  { vendor, interim, settings: { vendorFetch } }: Pick<FetchTerms, 'vendor' | 'interim' | 'settings'>,
  attempt: Pick<AttemptContext, 'apiKey' | 'requestSignal' | 'usedKey'>,
): Promise<Response> {
  const { apiKey, requestSignal: signal } = attempt;
  // Copied by fetch, so that one object serves all attempts.
  const { place } = vendor.credential;
  if ('header' in place) request.headers.set(place.header, credentialText(place, apiKey));
  const { redirect, rest, headers } = request;
  let url = 'query' in place ? withParameter(request.url, place.query, apiKey) : request.url;
  let { method } = request;
  let body = request.body.value;
  for (let count = 0; ; count += 1) {
    const own: RequestInit & { duplex?: 'half' } = { method, headers, body, signal, redirect: 'manual' };
    const init = rest ? { ...rest, ...own } : own;
    if (isStream(body)) init.duplex = 'half';
    let response: Response;
    try {
      response = await (vendorFetch ? vendorFetch(url, init, attempt.usedKey) : interim.fetch(url, init));
    } catch (error) {
      if (!interim.explains(error, url, init) || request.body.once) throw error;
      if (body) body = request.body.value;
      continue;
    }
    const location = REDIRECT_STATUSES.has(response.status) ? response.headers.get('location') : null;
    if (location === null || redirect === 'manual')
      return count === 0 ? response : Object.defineProperty(response, 'redirected', { value: true });
    const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
    cancelBody(response.body);
    if (redirect === 'error' || count === MAX_REDIRECTS) throw refused('The vendor redirects, which is refused.');
    if (target && (target.username !== '' || target.password !== '')) {
      throw refused('The vendor redirects to a URL with credentials in it, which is refused.');
    }
    if (target?.origin !== new URL(url).origin || !isUnder(target, baseUrl)) {
      throw refused(`The vendor redirects to ${target?.origin ?? 'nowhere'}: a key is not taken there.`);
    }
    if (response.status === 303 || (response.status < 303 && method.toUpperCase() === 'POST')) {
      method = 'GET';
      body = undefined;
    } else if (request.body.once) {
      throw refused('The vendor redirects, and the body cannot be sent again.');
    } else {
      body = request.body.value;
    }
    url = target.href;
  }
}

const refused = (message: string): AttemptFailure =>
  new AttemptFailure({
    error: new RefusedDestinationError(message),
    classification: { outcome: 'config_error', reason: redactReason(message), decidedBy: 'header' },
  });

function withParameter(href: string, name: string, value: string): string {
  const url = new URL(href);
  url.searchParams.set(name, value);
  return url.href;
}
