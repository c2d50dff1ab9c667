import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { LONGEST_REASON, redactText } from '../classification/redaction/redact';
import type { Clock, Random } from '../common/clock';
import { getOrCreate } from '../common/get-or-create';
import { within } from '../common/settles-within';
import { CLOCK, RANDOM } from '../key-management.constants';
import { ApiKey, LONGEST_KEY } from '../pool/key/api-key';
import type { KeyChangeEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import { isCoolingDown, isRemoved, UNCHECKED, UNPROVEN, type KeyState } from '../pool/key/key-state';
import type { KeyTokens } from '../pool/key/key-tokens';
import { HealthCheckService } from './health-check.service';
import { refreshAfterMs, retryAfterMs, TOKEN_TIMEOUT_MS } from './token-schedule';

/** A token that came this short a time ago is not asked for again because it is refused. Milliseconds. */
const REFUSAL_GAP_MS = 10_000;

/** A token as the function gave it, checked. */
interface GivenToken {
  readonly text: string;
  /** Milliseconds since the epoch; Infinity where it states none. */
  readonly endsAt: number;
}

/** What is known of the tokens of one key. */
class TokenWatch {
  failures = 0;
  askedAt = -Infinity;
  /** When the present token ends; milliseconds since the epoch. */
  endsAt = Infinity;
  asking: Promise<void> | undefined = undefined;
  /** The cooldown that the lack of a token put the key into, and the state that it kept it from. */
  held: KeyState | undefined = undefined;
  heldFrom: KeyState = UNCHECKED;
  /** Why there is no token; undefined before the first answer. */
  reason: string | undefined = undefined;
  cancelNext = (): void => undefined;
  cancelEnd = (): void => undefined;
}

/**
 * Asks for the short-lived tokens of keys that are given as a function: at the start, before they run out, and when one proves invalid. Never
 * within a call. A key without a token cools down.
 */
@Injectable()
export class KeyTokensService implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #watches = new Map<KeyRecord, TokenWatch>();
  readonly #stop: () => void;
  #closed = false;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly checks: HealthCheckService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM) private readonly random: Random,
  ) {
    this.#stop = pools.observe({
      keyChanged: (record, event) => {
        const { tokens } = record;
        if (tokens) this.#changed(record, tokens, event);
      },
    });
  }

  /** What functions still answer changes nothing. */
  onModuleDestroy(): void {
    this.#closed = true;
    this.#stop();
    for (const record of this.#watches.keys()) this.#forget(record);
  }

  #changed(record: KeyRecord, tokens: KeyTokens, event: KeyChangeEvent): void {
    if (event.type === 'key_deleted') this.#forget(record);
    if (record.deleted || this.#closed) return;
    if (event.type === 'key_added') {
      tokens.ask = () => this.#ask(record, tokens);
      void tokens.ask();
    }
    if (event.type !== 'status_changed') return;
    const watch = this.#watch(record);
    if (tokens.isLacking) this.#hold(record, watch);
    else if (event.to === 'invalid_key' && this.clock.now() - watch.askedAt >= REFUSAL_GAP_MS) void tokens.ask();
  }

  #watch(record: KeyRecord): TokenWatch {
    return getOrCreate(this.#watches, record, () => new TokenWatch());
  }

  #forget(record: KeyRecord): void {
    const watch = this.#watches.get(record);
    watch?.cancelNext();
    watch?.cancelEnd();
    this.#watches.delete(record);
  }

  /** Asks the function, unless it is being asked. Never rejects. */
  #ask(record: KeyRecord, tokens: KeyTokens): Promise<void> {
    const watch = this.#watch(record);
    if (this.#closed || record.deleted) return Promise.resolve();
    return (watch.asking ??= this.#asked(record, tokens, watch).finally(() => {
      watch.asking = undefined;
    }));
  }

  async #asked(record: KeyRecord, tokens: KeyTokens, watch: TokenWatch): Promise<void> {
    watch.cancelNext();
    watch.askedAt = this.clock.now();
    try {
      const token = checkedToken(await this.#inTime(tokens), this.clock.now());
      if (this.#isWatched(record, watch)) this.#came(record, tokens, watch, token);
    } catch (error) {
      if (this.#isWatched(record, watch)) this.#failed(record, tokens, watch, error);
    }
  }

  #isWatched(record: KeyRecord, watch: TokenWatch): boolean {
    return !this.#closed && this.#watches.get(record) === watch;
  }

  /** @throws Error when the function takes too long, and whatever it throws */
  async #inTime({ get }: KeyTokens): Promise<unknown> {
    // A function of JavaScript may give the token itself.
    const asked = Promise.resolve(get());
    if (await within(TOKEN_TIMEOUT_MS, asked, this.clock, false)) return asked;
    throw new Error(`it took more than ${TOKEN_TIMEOUT_MS / 1_000} s`);
  }

  #came(record: KeyRecord, tokens: KeyTokens, watch: TokenWatch, { text, endsAt }: GivenToken): void {
    const now = this.clock.now();
    const pool = this.pools.pool(record.provider)!;
    if (watch.failures > 0) this.#logger.log(`${nameOf(record)}: there is a token again.`);
    watch.failures = 0;
    watch.reason = undefined;
    watch.endsAt = endsAt;
    if (text !== record.key.reveal()) pool.replaceKey(record, new ApiKey(text, record.id), 'configuration');
    tokens.isLacking = false;
    this.#release(record, watch);
    this.#askAfter(record, tokens, watch, refreshAfterMs(endsAt - now));
    this.#armEnd(record, tokens, watch);
    if (record.isUnchecked) void this.#check(record);
  }

  async #check(record: KeyRecord): Promise<void> {
    try {
      await this.checks.checkAll(this.pools.pool(record.provider)!, [record]);
    } catch (error) {
      this.#logger.error(
        redactText(`The health check of ${nameOf(record)} failed: ${saidBy(error)}`, secretsOf(record)),
      );
    }
  }

  #failed(record: KeyRecord, tokens: KeyTokens, watch: TokenWatch, error: unknown): void {
    watch.failures += 1;
    const againMs = retryAfterMs(watch.failures, this.random());
    this.#askAfter(record, tokens, watch, againMs);
    watch.reason = `no token: the function given as its key failed (${saidBy(error)}). Mend it; it is asked again and again`;
    if (watch.failures === 1) {
      const still = tokens.isLacking ? 'It cools down until there is one.' : 'It goes on with the token that it has.';
      this.#logger.warn(
        redactText(`${nameOf(record)} has no new token: ${saidBy(error)}. ${still}`, secretsOf(record)),
      );
    }
    if (tokens.isLacking) this.#hold(record, watch, againMs);
  }

  #askAfter(record: KeyRecord, tokens: KeyTokens, watch: TokenWatch, ms: number): void {
    watch.cancelNext();
    watch.cancelNext = this.clock.after(ms, () => void this.#ask(record, tokens), false);
  }

  #armEnd(record: KeyRecord, tokens: KeyTokens, watch: TokenWatch): void {
    watch.cancelEnd();
    if (watch.endsAt === Infinity) return;
    const ended = (): void => {
      // A timer cannot be set for more than a few weeks.
      if (this.clock.now() < watch.endsAt) this.#armEnd(record, tokens, watch);
      else this.#ended(record, tokens, watch);
    };
    watch.cancelEnd = this.clock.after(watch.endsAt - this.clock.now(), ended, false);
  }

  #ended(record: KeyRecord, tokens: KeyTokens, watch: TokenWatch): void {
    tokens.isLacking = true;
    watch.reason ??= 'no token: the last one is over, and the function given as its key has not answered yet';
    this.#logger.warn(redactText(`${nameOf(record)} cools down: ${watch.reason}`, secretsOf(record)));
    this.#hold(record, watch);
    void this.#ask(record, tokens);
  }

  /** Keeps a key from use that has no token. One that is not chosen anyway stays what it is. */
  #hold(record: KeyRecord, watch: TokenWatch, untilNextMs = 0): void {
    const { state } = record;
    const isFirst = watch.held === undefined || state !== watch.held;
    const isOut = !record.enabled || isRemoved(state) || (state.status === 'unchecked' && watch.failures === 0);
    if (isOut || (!isFirst && untilNextMs === 0)) return;
    if (isFirst) watch.heldFrom = state;
    // The function may take as long as it is allowed to.
    watch.held = { status: 'cooling_down', until: this.clock.now() + untilNextMs + 2 * TOKEN_TIMEOUT_MS };
    const reason = redactText(watch.reason ?? 'no token has come yet', secretsOf(record), LONGEST_REASON);
    this.pools
      .pool(record.provider)
      ?.setState(record, watch.held, 'configuration', { outcome: 'config_error', reason });
  }

  /** Lets the key back that only the lack of a token kept out. */
  #release(record: KeyRecord, watch: TokenWatch): void {
    const { held, heldFrom } = watch;
    watch.held = undefined;
    if (held === undefined || record.state !== held) return;
    const cooldownGoesOn = isCoolingDown(heldFrom) && heldFrom.until > this.clock.now();
    const next = cooldownGoesOn || heldFrom.status === 'unchecked' ? heldFrom : UNPROVEN;
    this.pools.pool(record.provider)?.setState(record, next, 'time');
  }
}

const nameOf = ({ provider, id }: KeyRecord): string => `${provider} key ${id}`;
const secretsOf = ({ key }: KeyRecord): string[] => [key.reveal()].filter((each) => each !== '');

/** Errors may hold whatever an identity provider wrote: one short piece of it. */
const LONGEST_WORDS = 100;
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return 'it threw no error';
  return redactText(`${error.name}: ${error.message}`, [], LONGEST_WORDS);
}

/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;

/** @throws TypeError for what is no token. Repeats nothing of it. */
function checkedToken(given: unknown, now: number): GivenToken {
  const { key, expiresAt }: { key?: unknown; expiresAt?: unknown } =
    typeof given === 'object' && given !== null ? given : { key: given };
  const text = typeof key === 'string' ? key.trim() : '';
  if (!TOKEN.test(text) || text.length > LONGEST_KEY)
    throw new TypeError('it must return the token as text, or { key, expiresAt }');
  if (expiresAt === undefined || expiresAt === null) return { text, endsAt: Infinity };
  const endsAt = expiresAt instanceof Date ? expiresAt.getTime() : NaN;
  if (Number.isNaN(endsAt)) throw new TypeError('expiresAt must be a Date, or be left out');
  if (endsAt <= now) throw new TypeError('the token that it returned is over already');
  return { text, endsAt };
}
