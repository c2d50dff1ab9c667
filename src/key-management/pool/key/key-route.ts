import { inspect } from 'node:util';
import { withLowerCaseNames } from '../../common/http';

/** Shorter values are words that any text may hold (`true`, `2024-10-21`): to mask them would only make reasons unreadable. */
const SHORTEST_SECRET = 12;

/** Where one key is called, and the headers that go with it alone, where they are not the provider's. Prints without the headers' values. */
export class KeyRoute {
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * @param baseUrl Without the version path, as the provider's is kept; undefined for the provider's own.
   * @param headers By name, in any case.
   */
  constructor(
    readonly baseUrl: string | undefined,
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.#headers = withLowerCaseNames(headers);
  }

  /** The headers, by names in lower case. Called where a vendor is called or they are encrypted, and nowhere else. */
  revealHeaders(): Readonly<Record<string, string>> {
    return this.#headers;
  }

  /** The values that are looked for in what others write, as a key is. */
  secrets(): string[] {
    return Object.values(this.#headers).filter((value) => value.length >= SHORTEST_SECRET);
  }

  toJSON(): unknown {
    return { baseUrl: this.baseUrl, headers: Object.keys(this.#headers) };
  }

  [inspect.custom](): string {
    return `KeyRoute(${this.baseUrl ?? "the provider's"}, ${Object.keys(this.#headers).join(', ') || 'no headers'})`;
  }
}

/** The route of a key that has a base URL or headers of its own; undefined for all others. */
export function routeOf(
  baseUrl: string | undefined,
  headers: Readonly<Record<string, string>> | undefined,
): KeyRoute | undefined {
  const hasHeaders = headers !== undefined && Object.keys(headers).length > 0;
  return baseUrl !== undefined || hasHeaders ? new KeyRoute(baseUrl, headers) : undefined;
}
