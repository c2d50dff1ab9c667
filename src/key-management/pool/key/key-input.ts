import type { AffinityTarget } from './affinity-target';
import type { ExpectedTokens } from '../limits/expected-tokens';
import type { Budget } from '../limits/budget';
import { type KeyLimits } from '../limits/hard-limits';
import { boundedName } from '../../common/text';
import type { KeyRoute } from './key-route';
import type { KeyToken, TokenFunction } from './key-tokens';

/** One key with what a user may say of it. */
export interface KeyInput {
  /**
   * The key as text; or, with `id`, a function that gets a short-lived token (Vertex AI, Azure AD, Bedrock). It is asked at the start, and again
   * when 80 % of the time to `expiresAt` have passed or 60 s before it, whichever is sooner (of a token that lives for less than two minutes: after half
   * of its life); without `expiresAt` every 4 minutes; and whenever a token proves invalid. Never within a call: a call has the token that it
   * began with. A function that fails, or takes more than 10 s, is asked again after 1 s, doubling to a minute, while the token it gave goes on to its
   * end; after that the key cools down until there is a token. Tokens are never stored, and each instance of the app asks for its own.
   */
  key: string | (() => Promise<string | KeyToken>);
  /**
   * Names the key wherever it is shown: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`. It stays over restarts, on every instance and for new tokens:
   * history, settings and statistics go on where the key behind the id is replaced, and the new one is checked. Default: the first 16 hex digits
   * of the SHA-256 of the key. It is no secret and must not be the key. Two keys of one provider cannot share an id, and one key cannot have two.
   */
  id?: string;
  label?: string;
  /** Share of calls relative to the other keys of the pool. Default 1. */
  weight?: number;
  /** Keys of lower tiers are used first; those of the next only when the lower ones cannot serve within `spillAfterMs`. Default 0. */
  tier?: number;
  /** Keys of one vendor project or organization share its limits: name it, and a refusal of one cools down them all. */
  quotaGroup?: string;
  /** The only models this key may be used for. Default: any. */
  models?: string[];
  limits?: KeyLimits;
  /** What the key, or with `scope: 'account'` its account, may spend at the most. Once that is spent the key cools down until the period ends. */
  budgets?: Budget[];
  /**
   * Where this key is called, if not at the provider's `baseUrl`: an Azure resource of its own. In the same form as that one, for health
   * checks and the managed fetch send the same paths below it. https, or http on loopback or where the provider says `allowHttp`.
   */
  baseUrl?: string;
  /**
   * Sent with this key's health checks and its requests by the managed fetch, over the provider's headers: the `anthropic-workspace-id` of an
   * identity-linked key. Their values are kept as the key is: encrypted in a store, and shown nowhere.
   */
  headers?: Readonly<Record<string, string>>;
  /**
   * When the vendor ends the key. An event `key_expiring` tells of it 14 days and 1 day before; from then on the key is `disabled` with the reason
   * `expired`, until it has a later `expiresAt`. In JSON a time as `2027-01-31T12:00:00Z`. Default: never. Of a function's tokens, the function tells.
   */
  expiresAt?: Date;
}

/** What a pool is told of a key beside its text. */
export interface KeySettings extends Omit<KeyInput, 'key' | 'id' | 'baseUrl' | 'headers'> {
  /** The key's own base URL and headers. */
  readonly route?: KeyRoute;
  /** Where its tokens come from, if it has not one for good. */
  readonly tokens?: TokenFunction;
}

/** Whether the app gives the key anew at each start, or it was added while the app ran. Keys of the configuration are never written to a store. */
export type RecordOrigin = 'configuration' | 'runtime';

/** What gave a key: `environment`, `options`, `administrator`, or the name of its `KeySource`. */
export type KeyOrigin = string;

/** What a call needs of a pool. */
export interface LeaseTarget {
  readonly model?: string | undefined;
  readonly endpoint?: string | undefined;
  /** What it is expected to take; what calls for the model took lately where nothing is stated. */
  readonly tokens?: ExpectedTokens | undefined;
  /**
   * Until then keys of a higher tier are only taken where none of a lower one can serve by then. Milliseconds since the epoch; default 0:
   * the lowest tier with a key that can be had now.
   */
  readonly spillsAt?: number | undefined;
  /** The object under which `setAside` keeps an account for this call. */
  readonly holder?: object | undefined;
  /** The account that it belongs to. */
  readonly affinity?: AffinityTarget | undefined;
  /**
   * Until then a call with a soft affinity waits for its account, where that may serve it by then. Milliseconds since the epoch; default 0: it takes
   * a key of the next account at once.
   */
  readonly movesAt?: number | undefined;
}

export interface LeaseOptions {
  /** The model of the call: keys that cool down for it, or are not for it, are passed over. */
  model?: string;
  /** The endpoint of the call, as `/v1/embeddings` or `GET /v1/files`: keys that cool down for it are passed over. */
  endpoint?: string;
  /** Ids of keys that must not be chosen. */
  exclude?: ReadonlySet<string>;
  /** What the call is expected to take. Default: what calls for the model took lately. */
  tokens?: ExpectedTokens;
}

/** What an administrator may change of a key. */
export interface KeyUpdate {
  label?: string;
  weight?: number;
  tier?: number;
  limits?: KeyLimits;
  /** All budgets of the key; an empty list takes them away. */
  budgets?: readonly Budget[];
  /** When the vendor ends the key; null: never. */
  expiresAt?: Date | null;
}

/**
 * Bytes of UTF-8. No vendor's model has a longer name, but callers may pass on whatever their own clients send; and of the 768 bytes
 * that one store allows for a whole path, each of these may take three.
 */
const MOST_BYTES = 160;
/** A text of so few UTF-16 units is no longer than that. */
const SHORT = Math.floor(MOST_BYTES / 3);

/** A model's name as it is kept: in indexes, cooldowns, events and the store. */
export const modelName = (given: string): string =>
  given.length <= SHORT && given.isWellFormed() ? given : boundedName(given, MOST_BYTES);
