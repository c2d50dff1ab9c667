const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Thrown before any key is used: the request would take one where it does not belong. */
export class RefusedDestinationError extends TypeError {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedDestinationError';
  }
}

/** Whether the URL lies under the base URL: the same origin, and the base's path or below it. One origin may serve many tenants. */
export function isUnder(url: URL, baseUrl: string): boolean {
  const base = new URL(baseUrl);
  if (url.origin !== base.origin) return false;
  const root = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`;
  // What a server may decode before it looks for "..": URL itself has taken out the plain ones.
  const path = url.pathname.replace(/%2e/gi, '.').replace(/%(?:2f|5c)/gi, '/');
  return root === '/' || (`${path}/`.startsWith(root) && !path.split('/').includes('..'));
}

/**
 * Lets a request through only to the provider's own base URL: same scheme, host and port, at or under its path, encrypted or on loopback.
 * @throws RefusedDestinationError
 */
export function checkDestination(provider: string, url: URL, baseUrls: readonly string[]): void {
  if (baseUrls.length === 0) {
    throw new RefusedDestinationError(
      `No base URL is known for ${provider}, so its keys are sent nowhere. Set the option providers.${provider}.baseUrl.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new RefusedDestinationError(`A URL with credentials in it is refused for ${provider}.`);
  }
  if (!baseUrls.some((each) => isUnder(url, each))) {
    const known = baseUrls.map((each) => each.replace(/\/$/, ''));
    const isOrigin = baseUrls.some((each) => new URL(each).origin === url.origin);
    throw new RefusedDestinationError(
      `A key of ${provider} is sent to ${known.join(' or ')} only, not to ${isOrigin ? 'another path' : url.origin}. Set the option providers.${provider}.baseUrl if that is where it is called.`,
    );
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    throw new RefusedDestinationError(`A key of ${provider} is never sent unencrypted: ${url.origin} is not https.`);
  }
}
