import { ownWords } from '../../classification/redaction/redact';
import { apiUrl } from '../../checkers/probe-request';
import type { KeyRoute } from '../../pool/key/key-route';
import { AttemptFailure } from '../failures/classify-attempt';
import { RefusedDestinationError } from './destination';
import type { Vendor } from '../../vendors/contract/vendor';
import type { ManagedRequest } from './managed-request';

/** Where one attempt goes: the request as its key is to send it, and the base URL that it must not leave. */
export interface KeyDestination {
  readonly request: Pick<ManagedRequest, 'url' | 'method' | 'headers' | 'body' | 'redirect' | 'rest'>;
  readonly baseUrl: string;
}

/**
 * Where an attempt goes with its key: to the key's own base URL, with the path that the caller's URL has below the base URL it was written
 * for, and with the key's own headers. The headers are a copy: no other key's attempt sees them.
 * @throws AttemptFailure for a key without a base URL in a provider without one; another key may have one
 */
export function keyDestination(
  request: ManagedRequest,
  { vendor, calledBaseUrl }: { readonly vendor: Pick<Vendor, 'baseUrl'>; readonly calledBaseUrl: string },
  route: KeyRoute | undefined,
): KeyDestination {
  const baseUrl = route?.baseUrl ?? vendor.baseUrl;
  if (baseUrl === undefined) throw NOWHERE_TO_GO();
  if (route === undefined && baseUrl === calledBaseUrl) return { request, baseUrl };
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(route?.revealHeaders() ?? {})) headers.set(name, value);
  const url = baseUrl === calledBaseUrl ? request.url : apiUrl(baseUrl, pathBelow(request.url, calledBaseUrl));
  const { method, body, redirect, rest } = request;
  return { request: { url, method, headers, body, redirect, rest }, baseUrl };
}

/** Path and query below the base URL. */
function pathBelow(href: string, baseUrl: string): string {
  const url = new URL(href);
  const root = new URL(baseUrl).pathname.replace(/\/$/, '');
  return url.pathname.slice(root.length) + url.search;
}

const NOWHERE_TO_GO = (): AttemptFailure =>
  new AttemptFailure({
    error: new RefusedDestinationError(
      "The key has no base URL of its own, and its provider has none: set the key's baseUrl or the provider's.",
    ),
    classification: {
      outcome: 'config_error',
      retry: 'other_key',
      reason: ownWords`neither the key nor its provider has a baseUrl: set one`,
      decidedBy: 'transport',
    },
  });
