import { getOrCreate } from '../common/get-or-create';
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ownWords, redactReason } from '../classification/redaction/redact';
import type { Clock } from '../common/clock';
import type { ResolvedOptions } from '../configuration/resolved-options';
import { CLOCK, RESOLVED_OPTIONS, VENDOR_ACCESS } from '../key-management.constants';
import type { ApiKey } from '../pool/key/api-key';
import type { KeyPool } from '../pool/key-pool';
import type { KeyState } from '../pool/key/key-state';
import type { KeyRecord } from '../pool/key/key-record';
import type { KeyRoute } from '../pool/key/key-route';
import type { ProbeDepth } from '../checkers/base-health-checker';
import type { Prober, VendorAccess } from '../checkers/vendor-access';
import { mapConcurrent } from '../common/event-loop';
import { HealthCheckerRegistry } from '../checkers/health-checker.registry';
import { Semaphore } from '../common/semaphore';
import { formatOf, probe, type CheckedHealthResult, type ProbedKey } from './probe';

/** Checks under way at once, per provider: enough to be quick, few enough for any vendor's limits. */
export const PARALLEL_CHECKS = 16;

const CLOSED: CheckedHealthResult = { outcome: 'cancelled', reason: ownWords`the app is closing` };

/** Who asked for a check. A scheduled check ends no cooldown except the one whose end it proves. */
export type AskedBy = 'schedule' | 'administrator';

/** One checked key. */
export interface KeyCheck {
  readonly record: KeyRecord;
  readonly result: CheckedHealthResult;
}

/** Checks keys, and settles each check as a lease like any call. */
@Injectable()
export class HealthCheckService implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #semaphores = new Map<string, Semaphore>();
  readonly #underWay = new Map<KeyRecord, Promise<CheckedHealthResult>>();
  readonly #controllers = new Set<AbortController>();
  #closed = false;

  constructor(
    private readonly registry: HealthCheckerRegistry,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(VENDOR_ACCESS) private readonly vendors: VendorAccess = {},
  ) {}

  /** Whether keys are checked by a whole generation where that tells more. */
  get isDeep(): boolean {
    return this.options.healthCheckDepth === 'deep';
  }

  /** Checks under way are given up, and change nothing. */
  onModuleDestroy(): void {
    this.#closed = true;
    for (const controller of this.#controllers) controller.abort(new DOMException('The app is closing.', 'AbortError'));
  }

  /**
   * Checks all the keys in parallel, within the provider's bound: the next one is asked for when its check can begin. A check that is
   * under way already is waited for.
   */
  checkAll(pool: KeyPool, records: Iterable<KeyRecord>, asked: AskedBy = 'schedule'): Promise<KeyCheck[]> {
    return mapConcurrent(records, PARALLEL_CHECKS, async (record) => {
      const result = await (this.#underWay.get(record) ?? this.#begin(pool, record));
      if (asked === 'administrator') this.#endCooldowns(pool, record, result);
      return { record, result };
    });
  }

  /** Checks one key now, for an administrator. Undefined if it is being checked already. */
  async check(pool: KeyPool, record: KeyRecord): Promise<CheckedHealthResult | undefined> {
    if (record.probing) return undefined;
    const result = await this.#begin(pool, record);
    this.#endCooldowns(pool, record, result);
    return result;
  }

  /** An administrator who asks has mended something: a check that proves the key ends every cooldown but a rate limit that the vendor stated. */
  #endCooldowns(pool: KeyPool, record: KeyRecord, result: CheckedHealthResult): void {
    if (this.#closed || record.deleted || !provesKey(result) || result.unproven === true) return;
    pool.endCooldowns(record, 'administrator', true);
  }

  /** Asks the vendor about a key that is in no pool yet. */
  checkNew(provider: string, key: ApiKey, route?: KeyRoute): Promise<CheckedHealthResult> {
    return this.#semaphoreOf(provider).run(() => this.#examine(provider, { key, route }, 'unchecked'));
  }

  #begin(pool: KeyPool, record: KeyRecord): Promise<CheckedHealthResult> {
    record.probing = true;
    const check = this.#semaphoreOf(record.provider)
      .run(() => this.#settled(pool, record))
      .finally(() => {
        record.probing = false;
        this.#underWay.delete(record);
      });
    this.#underWay.set(record, check);
    return check;
  }

  async #settled(pool: KeyPool, record: KeyRecord): Promise<CheckedHealthResult> {
    const { tokens } = record;
    if (tokens?.isLacking === true) await tokens.ask();
    if (tokens?.isLacking === true)
      return { outcome: 'config_error', keyAction: 'keep', reason: record.reason ?? ownWords`there is no token yet` };
    const lease = pool.leaseForProbe(record);
    // Its token may be replaced while this one is asked about.
    const asked = { key: lease.key, route: record.route };
    const result = await this.#examine(record.provider, asked, record.state.status);
    if (!this.#closed) lease.settleChecked(result);
    return result;
  }

  /** The key's format first, then a light probe, then a deep one where only it can tell. */
  async #examine(provider: string, asked: ProbedKey, status: KeyState['status']): Promise<CheckedHealthResult> {
    const { key } = asked;
    // The store may know keys of a provider that the app does not.
    if (!this.registry.has(provider))
      return { outcome: 'unknown', reason: redactReason(`no health checker is registered for ${provider}`) };
    const checker = this.registry.get(provider);
    const format = formatOf(checker, key);
    if (!format.valid) return { outcome: 'invalid_key', reason: format.reason, decidedBy: 'checker' };
    if (format.warning !== undefined && status === 'unchecked') {
      this.#logger.warn(`${provider} key ${key.masked}: ${format.warning}`);
    }
    const prober = this.vendors.proberOf?.(provider, checker) ?? checker;
    const light = await this.#ask(prober, asked, 'light');
    if (!provesKey(light) || light.unproven || !DEEPER.has(status)) return light;
    if (this.isDeep) return deepened(await this.#ask(prober, asked, 'deep'));
    if (status === 'cooling_down') return light;
    // Only a generation shows whether there is quota: without one the key tries itself out by traffic.
    return { ...light, unproven: status === 'quota_exceeded' };
  }

  async #ask(checker: Prober, asked: ProbedKey, depth: ProbeDepth): Promise<CheckedHealthResult> {
    if (this.#closed) return CLOSED;
    const controller = new AbortController();
    this.#controllers.add(controller);
    try {
      return await probe(checker, asked, depth, this.clock, controller);
    } finally {
      this.#controllers.delete(controller);
    }
  }

  /** The provider's pool is closed. */
  forget(provider: string): void {
    this.#semaphores.delete(provider);
  }

  #semaphoreOf(provider: string): Semaphore {
    return getOrCreate(this.#semaphores, provider, () => new Semaphore(PARALLEL_CHECKS));
  }
}

/** Of keys in these states a light probe says too little. */
const DEEPER: ReadonlySet<KeyState['status']> = new Set(['unchecked', 'quota_exceeded', 'cooling_down'] as const);

const deepened = (result: CheckedHealthResult): CheckedHealthResult & { proven?: 'deep' } =>
  result.outcome === 'ok' && !result.unproven ? { ...result, proven: 'deep' } : result;

/** The key is authentic; one that may not list models may yet generate. */
const provesKey = ({ outcome, keyAction }: CheckedHealthResult): boolean =>
  outcome === 'ok' || (outcome === 'permission_denied' && keyAction === 'keep');
