import { redactReason } from '../../classification/redaction/redact';
import { cancelBody } from '../../common/cancel-response-body';
import type { FetchRedirect } from '../../common/fetch-types';
import type { VendorAnswer } from '../answers/response-with';
import { awaited } from '../attempt';
import type { AttemptContext } from '../attempt-context';
import { AttemptFailure } from '../failures/classify-attempt';
import { isUnder, RefusedDestinationError } from './destination';
import { credentialText } from '../../vendors/contract/vendor';
import type { InterimAnswers } from './interim-answers';
import type { KeyDestination } from './key-destination';
import type { FetchTerms } from './managed-request';
import { isStream } from './request-body';

const MAX_REDIRECTS = 5;
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

type SendTerms = Pick<FetchTerms, 'vendor' | 'interim' | 'settings'>;
type SendingAttempt = Pick<AttemptContext, 'apiKey' | 'requestSignal' | 'usedKey'>;

/**
 * Sends the request with the key in the vendor's own place. Redirects are followed only where this key may go: within the origin, under its
 * base URL.
 * @throws AttemptFailure for a redirect that is not followed, and what fetch throws
 */
export function send(
  destination: KeyDestination,
  { vendor, interim, settings: { vendorFetch } }: SendTerms,
  attempt: SendingAttempt,
): Promise<VendorAnswer> {
  const { request } = destination;
  const { apiKey, requestSignal: signal } = attempt;
  // Copied by fetch, so that one object serves all attempts.
  const { place } = vendor.credential;
  if ('header' in place) request.headers.set(place.header, credentialText(place, apiKey));
  const { rest, headers, method } = request;
  const url = 'query' in place ? withParameter(request.url, place.query, apiKey) : request.url;
  const body = request.body.value;
  const own: SentInit = { method, headers, body, signal, redirect: 'manual' };
  const init: SentInit = rest ? { ...rest, ...own } : own;
  if (isStream(body)) init.duplex = 'half';
  const call: SendCall = (...given) => (vendorFetch ? vendorFetch(...given, attempt.usedKey) : interim.fetch(...given));
  const sent = Promise.resolve(call(url, init));
  // Nearly all requests are answered at once: for them no async function runs.
  const goOn = (): Promise<VendorAnswer> => follow({ sent, url, init, call }, destination, interim);
  return awaited(sent, (response) => (isFollowed(response, request.redirect) ? goOn() : response), goOn);
}

type SentInit = RequestInit & { method: string; duplex?: 'half' };
type SendCall = (url: string, init: SentInit) => Promise<VendorAnswer>;

const isFollowed = ({ status, headers }: VendorAnswer, redirect: FetchRedirect): boolean =>
  redirect !== 'manual' && REDIRECT_STATUSES.has(status) && headers.has('location');

/** A request that was sent. */
interface Sent {
  readonly sent: Promise<VendorAnswer>;
  readonly url: string;
  readonly init: SentInit;
  readonly call: SendCall;
}

/** Follows redirects, and repeats a request to a server that sends interim answers. */
async function follow(
  { sent, url, init, call }: Sent,
  { request, baseUrl }: KeyDestination,
  interim: InterimAnswers,
): Promise<VendorAnswer> {
  const { redirect } = request;
  let begun: Promise<VendorAnswer> | undefined = sent;
  for (let redirects = 0; ;) {
    let response: VendorAnswer;
    try {
      response = await (begun ?? call(url, init));
    } catch (error) {
      if (!interim.explains(error, url, init) || request.body.once) throw error;
      if (init.body) init = withBody(init, request.body.value);
      continue;
    } finally {
      begun = undefined;
    }
    if (!isFollowed(response, redirect))
      return redirects === 0 ? response : Object.defineProperty(response, 'redirected', { value: true });
    const location = response.headers.get('location')!;
    const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
    cancelBody(response.body);
    if (redirect === 'error' || redirects === MAX_REDIRECTS) throw refused('The vendor redirects, which is refused.');
    if (target && (target.username !== '' || target.password !== '')) {
      throw refused('The vendor redirects to a URL with credentials in it, which is refused.');
    }
    if (target?.origin !== new URL(url).origin || !isUnder(target, baseUrl)) {
      throw refused(`The vendor redirects to ${target?.origin ?? 'nowhere'}: a key is not taken there.`);
    }
    if (response.status === 303 || (response.status < 303 && init.method.toUpperCase() === 'POST')) {
      init = { ...withBody(init, undefined), method: 'GET' };
    } else if (request.body.once) {
      throw refused('The vendor redirects, and the body cannot be sent again.');
    } else {
      init = withBody(init, request.body.value);
    }
    url = target.href;
    redirects += 1;
  }
}

/** The same options with another body. */
function withBody(init: SentInit, body: RequestInit['body']): SentInit {
  const { duplex: _, ...others } = init;
  return isStream(body) ? { ...others, body, duplex: 'half' } : { ...others, body };
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
