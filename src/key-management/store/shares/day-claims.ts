import { createHash } from 'node:crypto';
import type { Clock } from '../../common/clock';
import type { DayAmounts, DayClaimsPort, DayGrant, DayWant } from '../../pool/limits/day-limits';
import type { Json, StoredDocument } from '../port/key-store';
import type { DocumentOwner, KnownDocument } from '../sync/document-owner';
import type { StoreLink } from '../sync/store-link';

/** A document per account: `day-limits/<provider>/<account>`, in which each instance has a register of its own. */
const DAYS = 'day-limits/';
/** A claim is made under this lock; what was not written by half of the time is not used. Milliseconds. */
const LOCK_MS = 6_000;
/** Another instance claims: the next try is after this. Milliseconds. */
const RETRY_MS = 40;
/** The store is away: it is asked again after this. Milliseconds. */
const AWAY_MS = 1_000;
/** A claim is this part of what is left, so that little is lost with an instance that dies, and each gets what it uses. */
const CLAIM = 1 / 32;
/** Documents of a day that ended this long ago are begun anew: clocks differ. Milliseconds. */
const PAST_MS = 60 * 60_000;

/** Documents of accounts that are not used any more are dropped after this. Milliseconds. */
const OLD_MS = 2 * 24 * 60 * 60_000;

const NOTHING: DayAmounts = { requests: 0, tokens: 0 };

/** What an instance has claimed of one day. */
interface Claim extends DayAmounts {
  readonly day: number;
}

/**
 * What instances may use of the limits of a day: each claims a little in the store before it uses it, one after the other under a lock, and
 * claims more when that is nearly used up. The claims of all instances, also of those that are gone, never add up to more than the limit.
 */
export class DayClaims implements DocumentOwner {
  readonly prefix = DAYS;
  readonly #ports = new Map<string, DayClaimsPort>();
  /** What this instance has claimed, by document. */
  readonly #own = new Map<string, Claim>();
  /** What all have claimed, as it was last read. */
  readonly #total = new Map<string, Claim>();
  /** The days of which a part was taken without the store. */
  readonly #fallbacks = new Map<string, number>();
  #isStarted = false;
  #isStopped = false;
  #isRunning = false;
  #isDue = false;
  #cancelRetry: (() => void) | undefined;

  constructor(
    private readonly link: StoreLink,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly instances: { readonly count: number },
  ) {}

  share(provider: string, port: DayClaimsPort): void {
    this.#ports.set(provider, port);
    port.claimDays(() => this.#soon());
  }

  /** The store is open, or away. */
  start(): void {
    this.#isStarted = true;
    this.#soon();
  }

  /** Gives back what was claimed and not used. Before the store is closed. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry?.();
    for (const [provider, port] of this.#ports) this.#giveBack(provider, port);
  }

  /** The provider's pool is closed: what was claimed for it and not used is given back. */
  unshare(provider: string): void {
    const port = this.#ports.get(provider);
    if (port) this.#giveBack(provider, port);
    this.#ports.delete(provider);
  }

  #giveBack(provider: string, port: DayClaimsPort): void {
    for (const { account, day, used } of port.daysUsed(this.clock.now())) {
      const doc = documentOf(provider, account);
      if (this.#own.get(doc)?.day === day) this.#put(doc, { day, ...used });
    }
  }

  /** Others' claims are read when more is to be claimed; here only what nobody needs any more is dropped. */
  merge({ doc, registers }: StoredDocument): void {
    const claims = Object.values(registers).map(({ value }) => claimIn(value));
    const isOld = (claim: Claim | undefined): boolean => claim === undefined || claim.day < this.clock.now() - OLD_MS;
    if (claims.length > 0 && claims.every(isOld)) this.link.drop(doc);
  }

  changed(): void {
    // As for `merge`.
  }

  *known(): Iterable<KnownDocument> {
    for (const [doc, claim] of this.#own) yield { doc, registers: { [this.instanceId]: { ...claim } }, maxima: {} };
  }

  #soon(): void {
    if (!this.#isStarted || this.#isStopped) return;
    this.#isDue = true;
    if (this.#isRunning || this.#cancelRetry) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    // Whoever asked is through by then.
    await Promise.resolve();
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      let retryMs: number | undefined;
      for (const [provider, port] of this.#ports) {
        const wants = port.dayWants(this.clock.now());
        if (wants.length > 0) retryMs = (await this.#claim(provider, port, wants)) ?? retryMs;
      }
      if (retryMs === undefined) continue;
      this.#retryAfter(retryMs);
      break;
    }
    this.#isRunning = false;
  }

  #retryAfter(ms: number): void {
    const retry = (): void => {
      this.#cancelRetry = undefined;
      this.#soon();
    };
    this.#cancelRetry = this.clock.after(ms, retry, false);
  }

  /** Claims what is wanted. Answers after which time to try again, if it could not; milliseconds. */
  async #claim(provider: string, port: DayClaimsPort, wants: readonly DayWant[]): Promise<number | undefined> {
    const { shared } = this.link;
    const lock = DAYS + provider;
    const since = this.clock.now();
    const isHeld = shared ? await this.link.askLock(lock, LOCK_MS) : true;
    if (isHeld === false) return RETRY_MS;
    if (isHeld === undefined) return this.#fallBack(provider, port, wants);
    try {
      const documents = new Map((await this.link.read(`${DAYS}${provider}/`)).map((each) => [each.doc, each]));
      // What was not used has been given back by then.
      if (this.#isStopped) return undefined;
      const claims = wants.map((want) => this.#next(provider, want, documents));
      await Promise.all(claims.map(({ doc }) => this.link.saved(doc)));
      const now = this.clock.now();
      // By then another may have the lock. What is written counts; it is used when it was read back.
      if (shared && now - since > LOCK_MS / 2) return RETRY_MS;
      for (const { want, claim: claimed, spent } of claims) port.dayGranted({ ...want, claimed, spent }, now);
      return undefined;
    } catch {
      return this.#fallBack(provider, port, wants);
    } finally {
      if (shared) await this.link.unlock(lock);
    }
  }

  /** The next claim of one account, which is put into the outbox. */
  #next(
    provider: string,
    want: DayWant,
    documents: ReadonlyMap<string, StoredDocument>,
  ): { readonly doc: string; readonly want: DayWant; readonly claim: Claim; readonly spent: DayGrant['spent'] } {
    const doc = documentOf(provider, want.account);
    const { day } = want;
    const stored = documents.get(doc);
    const claims = Object.entries(stored?.registers ?? {}).map(([name, { value }]) => [name, claimIn(value)] as const);
    if (claims.length > 0 && claims.every(([, claim]) => claim === undefined || claim.day < day - PAST_MS))
      this.link.drop(doc);
    const others = claims.filter(([name, claim]) => name !== this.instanceId && claim?.day === day);
    const taken = sumOf(others.map(([, claim]) => claim!));
    const { claim, spent } = nextClaim(want, taken);
    this.#total.set(doc, { day, ...sumOf([taken, claim]) });
    const own = { day, ...claim };
    this.#put(doc, own);
    return { doc, want, claim: own, spent };
  }

  /** Without the store each instance has an equal part of what was left, once a day. */
  #fallBack(provider: string, port: DayClaimsPort, wants: readonly DayWant[]): number {
    if (this.link.up) return AWAY_MS;
    const now = this.clock.now();
    for (const want of wants) {
      const doc = documentOf(provider, want.account);
      if (this.#fallbacks.get(doc) === want.day) continue;
      this.#fallbacks.set(doc, want.day);
      const total = this.#total.get(doc);
      const taken = total?.day === want.day ? total : want.claimed;
      const part = this.link.shared ? 1 / this.instances.count : 1;
      const claimed = {
        requests: want.claimed.requests + Math.floor(left(want.limits.requestsPerDay, taken.requests) * part),
        tokens: want.claimed.tokens + Math.floor(left(want.limits.tokensPerDay, taken.tokens) * part),
      };
      port.dayGranted({ ...want, claimed, spent: { requests: false, tokens: false } }, now);
    }
    return AWAY_MS;
  }

  #put(doc: string, claim: Claim): void {
    this.#own.set(doc, claim);
    this.link.put(doc, this.instanceId, { ...claim });
  }
}

/** What an instance claims next, of what the others have left. */
export function nextClaim(
  { limits, claimed, needed }: Pick<DayWant, 'limits' | 'claimed' | 'needed'>,
  taken: DayAmounts,
): { readonly claim: DayAmounts; readonly spent: DayGrant['spent'] } {
  const { requestsPerDay, tokensPerDay } = limits;
  const more = (limit: number | undefined, by: number, mine: number, least: number): number => {
    const rest = left(limit, by + mine);
    return Math.min(rest, Math.max(Math.ceil(rest * CLAIM), least));
  };
  const claim = {
    requests: claimed.requests + more(requestsPerDay, taken.requests, claimed.requests, needed.requests),
    tokens: claimed.tokens + more(tokensPerDay, taken.tokens, claimed.tokens, needed.tokens),
  };
  const isOut = (limit: number | undefined, all: number): boolean => limit !== undefined && left(limit, all) === 0;
  const spent = {
    requests: isOut(requestsPerDay, taken.requests + claim.requests),
    tokens: isOut(tokensPerDay, taken.tokens + claim.tokens),
  };
  return { claim, spent };
}

/** Whole units that are left of a limit; 0 where there is none. */
const left = (limit: number | undefined, taken: number): number => Math.max(0, Math.floor((limit ?? 0) - taken));

const sumOf = (claims: readonly DayAmounts[]): DayAmounts =>
  claims.reduce<DayAmounts>(
    (sum, { requests, tokens }) => ({ requests: sum.requests + requests, tokens: sum.tokens + tokens }),
    NOTHING,
  );

const documentOf = (provider: string, account: string): string =>
  `${DAYS}${provider}/${createHash('sha256').update(account).digest('hex').slice(0, 16)}`;

/** A stored claim; undefined for what makes no sense. */
function claimIn(value: Json): Claim | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { day, requests, tokens } = value;
  const isAmount = (amount: Json | undefined): amount is number => typeof amount === 'number' && amount >= 0;
  return isAmount(day) && isAmount(requests) && isAmount(tokens) ? { day, requests, tokens } : undefined;
}
