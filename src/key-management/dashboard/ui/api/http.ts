import { ApiError, errorOf } from './api-error';
import { noteServerTime } from '../model/server-time';

const TIMEOUT_MS = 30_000;
/** Checks of many keys take as long as the vendor does. */
export const PATIENT_MS = 180_000;

export interface Ask {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** Called for every 401: the token is no longer good. */
type Refused = (error: ApiError) => void;

/** Requests relative to where the page lies, so that prefixes and proxies need no setting. */
export class Http {
  constructor(
    private readonly base: string,
    private readonly token: string,
    private readonly refused: Refused,
  ) {}

  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    const limit = AbortSignal.timeout(ask.timeoutMs ?? TIMEOUT_MS);
    const signal = ask.signal ? AbortSignal.any([ask.signal, limit]) : limit;
    const response = await this.send(path, { ...ask, signal });
    if (response.status === 204) return undefined as T;
    return (await response.json().catch(() => {
      throw new ApiError(0, 'The answer could not be read.');
    })) as T;
  }

  /** The response of a success, its body unread. */
  async send(path: string, ask: Ask, headers: Record<string, string> = {}): Promise<Response> {
    // Always JSON, an empty object at the least: what a form of another site could send, the server refuses.
    const body = ask.body ?? (ask.method === 'POST' ? {} : undefined);
    const response = await fetch(this.base + path, {
      method: ask.method ?? 'GET',
      headers: {
        ...(this.token !== '' && { Authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      cache: 'no-store',
      signal: ask.signal ?? null,
    }).catch((error: unknown) => {
      if (
        ask.signal?.aborted &&
        !(ask.signal.reason instanceof DOMException && ask.signal.reason.name === 'TimeoutError')
      )
        throw error;
      throw new ApiError(0, 'The server cannot be reached.');
    });
    noteServerTime(response.headers.get('Date'));
    if (response.ok) return response;
    const error = await errorOf(response);
    if (error.status === 401) this.refused(error);
    throw error;
  }
}
