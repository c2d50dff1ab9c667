import type { BoundIds } from './bound-ids';
import type { EvidenceRule } from './rule';
import type { Outcome } from './outcome';
import type { RateLimitReader } from './rate-limits';
import type { UsageFields } from './usage';

/** The wire formats that vendors speak. What a profile leaves out follows from its format. */
export const WIRE_FORMATS = ['openai', 'anthropic', 'google'] as const;
/** `openai`: chat completions and their kin; `anthropic`: messages; `google`: generateContent. */
export type WireFormat = (typeof WIRE_FORMATS)[number];

/** Where a key travels: in a header (behind a scheme, as `Bearer`), or in the query. */
export type Credential = { readonly header: string; readonly scheme?: string } | { readonly query: string };

/**
 * What a probe shows. `key`: an answer of success means that the vendor accepts the key. `key_unless_public`: the same, but only where the vendor
 * refuses the same request without a key; many model lists are open to anybody. `quota`: the key is accepted and has quota left.
 */
export type ProbeProof = 'key' | 'key_unless_public' | 'quota';

/** One request that costs nothing. Its path stands under the base URL; a version at its beginning falls away where the base URL ends in one. */
export interface LightProbe {
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST';
  /** Begins with a slash: `/v1/models`. */
  readonly path: string;
  /** Sent as JSON. An empty object is refused by the vendor's validation, behind its look at the key. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly proves: ProbeProof;
  /** Further statuses by which the vendor shows that it accepted the key: 400 where it only dislikes an empty body. */
  readonly acceptedBy?: readonly number[];
}

/** The smallest billed generation: the only request that shows exhausted quota. */
export interface DeepProbe {
  /** Begins with a slash. `{model}` stands for the model's name. */
  readonly path: string;
  /** The JSON body for a model. */
  readonly body: (model: string) => Readonly<Record<string, unknown>>;
  /** The cheapest model that is known; without one, `probeModel` of the provider must name it. */
  readonly model?: string;
}

/** How keys of a vendor look. */
export interface KeyFormat {
  /** What they begin with. Another beginning is a warning, never a refusal. */
  readonly prefixes?: readonly string[];
  /** Beginnings that no other vendor's keys have: by them a key in the wrong pool is noticed. */
  readonly ownPrefixes?: readonly string[];
  /** Keys of the vendor that are of another kind and cannot be used here. */
  readonly wrongKinds?: readonly { readonly prefix: string; readonly mend: string }[];
  /** In characters. Default 1. */
  readonly shortest?: number;
  /** In characters. Default 16,384: some vendors give out signed tokens. */
  readonly longest?: number;
}

/** What a vendor books against a limit of tokens. */
export type TokenBooking = 'input_and_max_output' | 'input_and_output' | 'input';

/** How a vendor limits its customers, and how it says so. */
export interface RateLimits {
  /** A bucket that refills steadily, or a window that starts afresh. Default `token_bucket`. */
  readonly kind?: 'token_bucket' | 'fixed_window';
  /** Whether limits hold per model, or for all models together. Default `key_model`. */
  readonly scope?: 'key_model' | 'key';
  /** What a limit counts the use of. Default `account`. */
  readonly countedFor?: 'key' | 'account';
  /** Reads the headers of an answer. Default: those of the wire format. */
  readonly read?: RateLimitReader;
  /** The names of the headers it reads, for people. */
  readonly headers?: readonly string[];
  /**
   * What the vendor books against a limit of tokens: the input and the most that the answer may have, when the request comes; the input, and output as
   * it is written; or the input alone. Default `input_and_max_output`, which never books too little.
   */
  readonly books?: TokenBooking;
  /** Whether input that is read from a cache is booked like any other. Default true. */
  readonly booksCachedInput?: boolean;
  /** The same, for people. */
  readonly tokens?: string;
  /** The day that daily limits are counted by: an IANA time zone, and where the vendor says so. Default UTC. */
  readonly day?: { readonly timeZone: string; readonly source: string };
}

/** Types of a stream's events that come before its first content, so that a stream which fails behind them can be begun anew, unseen. */
export interface StreamBeginning {
  /** They say only that an answer, or a part of it, begins. */
  readonly preamble?: readonly string[];
  /** The vendor has taken on a work under an id, which the answer tells: work in the background is not asked for twice. */
  readonly begun?: readonly string[];
}

/** The headers that say how much of a limit is left, and the date on which it starts afresh; lower case. */
export interface ResetHeaders {
  readonly remaining: string;
  readonly reset: string;
}

/** The JSON body of an error in the vendor's shape. 429: waiting helps. 503: no key is usable. */
export type ErrorBody = (status: 429 | 503, message: string) => Readonly<Record<string, unknown>>;

/**
 * Where a vendor tells what is left of a key's or an account's money or quota: a GET that costs nothing. Amounts are numbers, or texts of numbers; a place is
 * the names of fields with dots between, as `data.limit_remaining` or `balance_infos.0.currency`.
 */
export interface BalanceProbe {
  /** Under the base URL; begins with a slash. */
  readonly path: string;
  /** The place of what is left; or of what was used, and of how much that may be. */
  readonly amount: { readonly left: string } | { readonly spent: string; readonly limit: string };
  /** The place of the time at which all of it is there again, in seconds since the epoch; for a quota by the month. */
  readonly endsAt?: string;
  /** What is counted, in lower case, as `usd` or `characters`; or the place where the answer says so. */
  readonly unit: string | { readonly at: string };
  /** Other units by host, where the vendor has one for each country. */
  readonly unitByHost?: Readonly<Record<string, string>>;
  /** Whose it is. Default `account`: keys of one account have it together. */
  readonly of?: 'key' | 'account';
  /** Where that is documented. */
  readonly source?: string;
}

/**
 * All that is known of a vendor, as data. Only `name` is needed: what is left out follows the wire format, and what could not be found out is left
 * out rather than guessed. `defineVendor` checks one of your own.
 */
export interface VendorProfile {
  /** Letters, digits, `_`, `-` and `.`; 64 at most. */
  readonly name: string;
  /** As people write it: `OpenAI`. Default: the name. */
  readonly label?: string;
  /** Default `openai`. */
  readonly wireFormat?: WireFormat;
  /** Where the vendor is called, without the version path or ending in it. */
  readonly baseUrl?: string;
  /** For a vendor that has an address for each customer: how one looks. The start asks for `baseUrl` by it. */
  readonly baseUrlExample?: string;
  /** Where the key travels. Default: as the wire format has it. */
  readonly credential?: Credential;
  /** Sent with every probe and every request of the managed fetch. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Query parameters, sent the same way. */
  readonly query?: Readonly<Record<string, string>>;
  /** How its keys look. Default: anything. */
  readonly keyFormat?: KeyFormat;
  /**
   * How the vendor's keys look in a text, so that one in an error is masked even where it is nobody's here. Linear patterns, which match no empty
   * text; each is looked for everywhere, whatever its flags.
   */
  readonly keyTokens?: readonly RegExp[];
  /** Further environment variables that its keys are read from. */
  readonly keyVariables?: readonly string[];
  /** How its keys are checked. Default: as the wire format has it. */
  readonly probes?: {
    /** In the order in which they are asked; the next is asked where the vendor has no such endpoint. `false`: there is none. */
    readonly light?: readonly LightProbe[] | false;
    /** The same for the smallest billed generation. */
    readonly deep?: readonly DeepProbe[] | false;
  };
  /** Where it tells what is left of a key's money or quota. Default: nowhere. */
  readonly balance?: BalanceProbe;
  /** Come before the rules of the wire format. */
  readonly rules?: readonly EvidenceRule[];
  /** HTTP status → outcome, for `ERROR_CLASSIFICATION=status`. */
  readonly statusTable?: Readonly<Partial<Record<number, Outcome>>>;
  /** `false`: the wire format's last rules, which go by the status alone, are left out. */
  readonly statusRules?: false;
  /** How it limits its customers. Default: a token bucket per account and model, read as the wire format has it. */
  readonly rateLimits?: RateLimits;
  /** Headers of an answer that name the account behind the key; lower case. */
  readonly accountHeaders?: readonly string[];
  /** How the text of a refusal names that account: patterns with one group, which is the name. */
  readonly accountInText?: readonly RegExp[];
  /**
   * How the details of a refusal name it: fields of the `metadata`, and of the `violations`, of Google's `details`, the likeliest first. Each with a pattern of
   * one group, which is the name.
   */
  readonly accountInDetails?: Readonly<Record<string, RegExp>>;
  /** How the host that a key is used at names it, for a vendor that has a host for each account: a pattern with one group, which is the name. */
  readonly accountInHost?: RegExp;
  /** In which header the vendor takes a key that is the same for all attempts of one request, so that it does the work once. */
  readonly idempotencyHeader?: string;
  /** Where its answers state what they used, beside what the wire formats have. */
  readonly usage?: UsageFields;
  /** Its name in the list of `@pydantic/genai-prices`. Default: `name`. */
  readonly pricesName?: string;
  /** Names of its models and of its products that people take for the vendor's own: `claude`. Lower case. */
  readonly alsoCalled?: readonly string[];
  /** Environment variables that people set for its keys, and nothing reads: the start says what is read. */
  readonly mistakenVariables?: readonly string[];
  /** Its name in the GenAI semantic conventions of OpenTelemetry. Default: `name`. */
  readonly telemetryName?: string;
  /** How the managed fetch says that no key is left, so that an SDK throws the error its user knows. Default: as the wire format has it. */
  readonly errorBody?: ErrorBody;
  /** Paths that name a model, as the pattern's first group. Linear patterns; those of all wire formats are known. */
  readonly modelPaths?: readonly RegExp[];
  /** Beside those of the wire formats. */
  readonly streamBeginning?: StreamBeginning;
  /**
   * Fields of a request's JSON body that name what it belongs to, as a conversation or a user, so that its prompt cache is found again: `prompt_cache_key`,
   * or `metadata.user_id` for one in an object. The managed fetch sends requests of one id to one account. Default: none.
   */
  readonly affinityFields?: readonly string[];
  /** Headers of a request that name the same; lower case. They go before the fields. */
  readonly affinityHeaders?: readonly string[];
  /** In which header of an answer the vendor says where the parts of an upload go, which only the account that began it may send. */
  readonly uploadUrlHeader?: string;
  /**
   * The objects that live in the account which made them, and where their ids stand: the managed fetch takes a call that names one to that
   * account. Default: as the wire format has it. `false`: there are none.
   */
  readonly boundIds?: BoundIds | false;
}
