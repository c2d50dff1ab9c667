import { Meter, mostWithin, type Cost, type Dimension, type LimitShape, type Reading } from './limits';

/** Keys that share limits. */
export interface AccountShape {
  readonly keys: number;
  readonly limits: readonly LimitShape[];
}

/** How a simulated vendor limits its customers, and what it tells of that. */
export interface VendorShape {
  readonly accounts: readonly AccountShape[];
  /**
   * What the rate-limit headers say: nothing, the truth, twice the limit and twice what is left, ever the same, or what was true five seconds
   * ago.
   */
  readonly headers: 'none' | 'true' | 'double' | 'constant' | 'late';
  /** The headers state what a bucket holds as the limit, and not what goes in a minute. */
  readonly statesBucket?: boolean;
  /** Whether answers name the account (`openai-organization`, and the words of a refusal). */
  readonly namesAccount: boolean;
  /** Whether a refused call takes its share of the limit too. */
  readonly costOn429?: boolean;
  /** Milliseconds that a call takes, at least and at most. */
  readonly latencyMs: readonly [number, number];
  /** The limits become so many times what they were. */
  readonly change?: { readonly atMs: number; readonly factor: number };
}

export interface Answer {
  readonly ok: boolean;
  readonly retryAfterMs: number;
  readonly headers: Record<string, string>;
  /** JSON, as OpenAI writes it. */
  readonly body: string;
}

export interface VendorCall {
  readonly key: number;
  readonly tokens: number;
}

const LATE_MS = 5_000;
const UNITS: Readonly<Record<Dimension, string>> = {
  requests: 'requests per min (RPM)',
  tokens: 'tokens per min (TPM)',
};

/** One account with its limits. */
export class Account {
  readonly meters: readonly Meter[];
  readonly #seen: { readonly at: number; readonly readings: readonly Reading[] }[] = [];

  constructor(
    readonly name: string,
    shape: AccountShape,
    beginsAt: number,
  ) {
    this.meters = shape.limits.map((limit) => new Meter(limit, beginsAt));
  }

  /** Milliseconds until such a request fits. */
  waitMs(cost: Cost, now: number): number {
    let waitMs = 0;
    for (const meter of this.meters) waitMs = Math.max(waitMs, meter.waitMs(cost[meter.shape.dimension], now));
    return waitMs;
  }

  take(cost: Cost, now: number): void {
    for (const meter of this.meters) meter.take(cost[meter.shape.dimension], now);
  }

  /** What the headers say is left. */
  readings(headers: VendorShape['headers'], now: number): readonly Reading[] {
    if (headers === 'none') return [];
    const truth = this.meters.map((meter) => meter.reading(now));
    if (headers === 'true') return truth;
    if (headers === 'constant') return truth.map((each) => ({ ...each, remaining: each.capacity, resetMs: 0 }));
    if (headers === 'double')
      return truth.map((each) => ({
        ...each,
        perMinute: each.perMinute * 2,
        capacity: each.capacity * 2,
        remaining: each.remaining + each.capacity,
      }));
    this.#seen.push({ at: now, readings: truth });
    while (this.#seen.length > 1 && this.#seen[1]!.at <= now - LATE_MS) this.#seen.shift();
    const [oldest] = this.#seen;
    return oldest!.at <= now - LATE_MS ? oldest!.readings : [];
  }
}

/** The limits of a vendor's accounts, and its answers. It knows no clock: a simulation and a real server use it alike. */
export class VendorAccounts {
  readonly accounts: readonly Account[];
  readonly #ofKey: readonly Account[];
  readonly #begins: readonly number[];

  /** @param random Windows of different accounts do not begin at the same time. */
  constructor(
    readonly shape: VendorShape,
    private readonly beginsAt: number,
    random: () => number,
  ) {
    this.#begins = shape.accounts.map(({ limits }) =>
      limits.some(({ bucket }) => bucket === undefined) ? beginsAt - Math.floor(random() * 60_000) : beginsAt,
    );
    this.accounts = shape.accounts.map(
      (account, at) => new Account(`org-simulated-${String(at).padStart(3, '0')}`, account, this.#begins[at]!),
    );
    this.#ofKey = keysInTurn(shape.accounts).map((at) => this.accounts[at]!);
  }

  get keys(): number {
    return this.#ofKey.length;
  }

  /** The dimension that the limits are about: tokens where they are limited. */
  get dimension(): Dimension {
    const isTokens = this.shape.accounts.some(({ limits }) => limits.some(({ dimension }) => dimension === 'tokens'));
    return isTokens ? 'tokens' : 'requests';
  }

  accountOf(key: number): Account {
    return this.#ofKey[key]!;
  }

  /** How much all accounts together allow per millisecond, before any change of the limits. */
  get perMs(): number {
    return this.#limits().reduce((sum, { perMinute }) => sum + perMinute, 0) / 60_000;
  }

  /** The most that can be had of all accounts in so many milliseconds from the beginning. */
  mostWithin(ms: number): number {
    const { change } = this.shape;
    const until = change ? Math.min(ms, change.atMs) : ms;
    let most = 0;
    this.shape.accounts.forEach(({ limits }, at) => {
      for (const limit of limits) {
        if (limit.dimension !== this.dimension) continue;
        most += mostWithin(limit, this.#begins[at]!, this.beginsAt, this.beginsAt + until);
        if (change && ms > until) most += (limit.perMinute / 60_000) * change.factor * (ms - until);
      }
    });
    return most;
  }

  scale(factor: number, now: number): void {
    for (const { meters } of this.accounts) for (const meter of meters) meter.scale(factor, now);
  }

  /** Decides on a request that arrives now. */
  answer({ key, tokens }: VendorCall, now: number): Answer {
    const { headers: told, statesBucket, namesAccount, costOn429 } = this.shape;
    const account = this.accountOf(key);
    const cost = { requests: 1, tokens };
    const waitMs = account.waitMs(cost, now);
    const ok = waitMs === 0;
    if (ok || costOn429) account.take(cost, now);
    const headers: Record<string, string> = {};
    for (const reading of account.readings(told, now)) {
      const { dimension } = reading;
      headers[`x-ratelimit-limit-${dimension}`] = String(statesBucket ? reading.capacity : reading.perMinute);
      headers[`x-ratelimit-remaining-${dimension}`] = String(reading.remaining);
      headers[`x-ratelimit-reset-${dimension}`] = `${Math.ceil(reading.resetMs)}ms`;
    }
    if (namesAccount) headers['openai-organization'] = account.name;
    const retryAfterMs = ok ? 0 : Math.ceil(account.waitMs(cost, now));
    if (!ok && retryAfterMs < Infinity) {
      headers['retry-after-ms'] = String(retryAfterMs);
      headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
    }
    return { ok, retryAfterMs, headers, body: ok ? goodBody(tokens) : refusal(account, cost, now, namesAccount) };
  }

  #limits(): LimitShape[] {
    return this.shape.accounts.flatMap(({ limits }) => limits.filter(({ dimension }) => dimension === this.dimension));
  }
}

/** The account of each key, so that neighbours are of different accounts. */
function keysInTurn(accounts: readonly AccountShape[]): number[] {
  const keys: number[] = [];
  const most = Math.max(...accounts.map((account) => account.keys));
  for (let round = 0; round < most; round += 1)
    accounts.forEach((account, at) => {
      if (round < account.keys) keys.push(at);
    });
  return keys;
}

function goodBody(tokens: number): string {
  const input = Math.ceil(tokens * 0.7);
  const usage = { prompt_tokens: input, completion_tokens: tokens - input, total_tokens: tokens };
  return JSON.stringify({ object: 'chat.completion', choices: [], usage });
}

function refusal(account: Account, cost: Cost, now: number, namesAccount: boolean): string {
  const scarcest = account.meters.reduce((one, other) =>
    other.waitMs(cost[other.shape.dimension], now) > one.waitMs(cost[one.shape.dimension], now) ? other : one,
  );
  const { dimension } = scarcest.shape;
  const { perMinute, remaining, capacity } = scarcest.reading(now);
  const where = namesAccount ? ` in organization ${account.name}` : '';
  const numbers = `Limit ${perMinute}, Used ${Math.ceil(capacity - remaining)}, Requested ${cost[dimension]}`;
  const wait = Math.ceil(account.waitMs(cost, now));
  const message = `Rate limit reached for gpt-5-mini${where} on ${UNITS[dimension]}: ${numbers}. Please try again in ${wait}ms.`;
  return JSON.stringify({ error: { message, type: dimension, param: null, code: 'rate_limit_exceeded' } });
}
