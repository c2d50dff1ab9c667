const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Thrown before any key is used: the request would take one where it does not belong. */
export class RefusedDestinationError extends TypeError {
  constructor(message: string) {
    super(message);
    this.name = 'RefusedDestinationError';
  }
}

/**
 * Lets a request through only to the provider's own base URL: same scheme, host and port, encrypted or on loopback.
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
  const origins = baseUrls.map((each) => new URL(each).origin);
  if (!origins.includes(url.origin)) {
    throw new RefusedDestinationError(
      `A key of ${provider} is sent to ${origins.join(' or ')} only, not to ${url.origin}. Set the option providers.${provider}.baseUrl if that is where it is called.`,
    );
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    throw new RefusedDestinationError(`A key of ${provider} is never sent unencrypted: ${url.origin} is not https.`);
  }
}
