import fc from 'fast-check';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import type { Outcome } from '../../src/key-management/vendors/contract/outcome';
import { TimeLimits } from '../../src/key-management/execution/waiting/time-limits';
import { WaitQueue } from '../../src/key-management/execution/waiting/wait-queue';
import type { RateLimitReading } from '../../src/key-management/vendors/contract/rate-limits';
import type { LimitKind } from '../../src/key-management/pool/limits/limit-kind';
import { PoolLease } from '../../src/key-management/pool/key-lease';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import type { KeyRecord } from '../../src/key-management/pool/key/key-record';
import { HEALTHY } from '../../src/key-management/pool/key/key-state';
import { FakeClock, seededRandom, settle } from '../support/fake-clock';
import { randomRuns } from './runs';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Step =
  | { readonly do: 'lease'; readonly model: string | undefined }
  | { readonly do: 'wait'; readonly model: string | undefined }
  | { readonly do: 'settle'; readonly which: number; readonly outcome: Outcome }
  | { readonly do: 'headers'; readonly which: number; readonly readings: RateLimitReading[] }
  | { readonly do: 'tokens'; readonly which: number; readonly tokens: number }
  | { readonly do: 'time'; readonly ms: number }
  | { readonly do: 'limit'; readonly which: number; readonly concurrency: number; readonly perMinute: number }
  | { readonly do: 'delete'; readonly which: number }
  | { readonly do: 'switch'; readonly which: number }
  | { readonly do: 'add'; readonly group: string | undefined; readonly models: readonly string[] | undefined };

const which = fc.nat(20);
const model = fc.constantFrom(undefined, 'small', 'large');
const group = fc.constantFrom(undefined, 'one', 'two');
const reading = fc.record({
  dimension: fc.constantFrom('requests' as const, 'tokens' as const),
  limit: fc.option(fc.nat(20), { nil: undefined }),
  remaining: fc.nat(20),
  resetMs: fc.option(fc.nat(90_000), { nil: undefined }),
});
const outcome = fc.constantFrom<Outcome[]>(
  'ok', 'ok', 'ok', 'ok', 'rate_limited', 'rate_limited', 'server_error', 'network_error', 'cancelled', 'unknown', 'bad_request', 'invalid_key',
); // prettier-ignore
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('lease' as const), model }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), model }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('settle' as const), which, outcome }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('headers' as const), which, readings: fc.array(reading, { maxLength: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tokens' as const), which, tokens: fc.nat(300) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(1, 700, 5_000, 30_500) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      which,
      concurrency: fc.integer({ min: 1, max: 5 }),
      perMinute: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'switch' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      group,
      models: fc.constantFrom(undefined, undefined, ['small']),
    }),
  },
);

/** The real pool and queue, and a plain account of who took what when. */
class Run {
  readonly clock = new FakeClock();
  readonly pool: KeyPool;
  readonly queue: WaitQueue;
  readonly leases: PoolLease[] = [];
  /** Every record that ever was. */
  readonly records: KeyRecord[] = [];
  readonly taken: { readonly bucket: unknown; readonly at: number; readonly lease: PoolLease }[] = [];
  waiting = 0;
  #keys = 0;

  constructor(kind: LimitKind, scope: 'key' | 'key_model') {
    const observer = {
      keyChanged: () => this.queue.review(),
      keyFreed: () => this.queue.serve(),
    };
    this.pool = new KeyPool('openai', observer, this.clock, seededRandom(7));
    this.queue = new WaitQueue(this.pool, this.clock, new TimeLimits(this.clock));
    let readings: readonly RateLimitReading[] = [];
    this.pool.accounts.profile = () => ({ limitKind: kind, rateLimitScope: scope, readRateLimits: () => readings });
    this.tell = (lease, told) => {
      readings = told;
      lease.answered({ get: () => null });
    };
  }

  readonly tell: (lease: PoolLease, readings: readonly RateLimitReading[]) => void;

  add(quotaGroup: string | undefined, models: readonly string[] | undefined): void {
    const key = new ApiKey(`sk-proj-FAKE${String((this.#keys += 1)).padStart(30, '0')}`);
    const limits = { concurrency: 3, requestsPerMinute: 10, tokensPerMinute: 500 };
    const record = this.pool.add(
      key,
      { quotaGroup, models: models && [...models], limits },
      'runtime',
      'administrator',
    );
    this.records.push(record);
    this.pool.setState(record, HEALTHY, 'probe');
  }

  took(lease: PoolLease): void {
    const { hardLimits } = lease.candidate.record;
    const now = this.clock.now();
    this.leases.push(lease);
    this.taken.push({ bucket: hardLimits, at: now, lease });
    const mine = this.taken.filter(({ bucket }) => bucket === hardLimits);
    const { concurrency = Infinity, requestsPerMinute = Infinity } = hardLimits!.limits;
    expect(mine.filter((each) => !each.lease.settled).length).toBeLessThanOrEqual(concurrency);
    expect(mine.filter(({ at }) => at > now - MINUTE).length).toBeLessThanOrEqual(requestsPerMinute);
  }

  wait(wanted: string | undefined): void {
    this.waiting += 1;
    void this.queue.wait({ model: wanted, tried: new Set(), endsAt: Infinity, signal: undefined }).then((result) => {
      this.waiting -= 1;
      if (result instanceof PoolLease) this.took(result);
    });
  }

  async perform(action: Step): Promise<void> {
    const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
    switch (action.do) {
      case 'lease': {
        // Those who wait come first.
        const lease = this.queue.isWaiting({ model: action.model })
          ? undefined
          : this.pool.lease({ model: action.model });
        if (lease) this.took(lease);
        break;
      }
      case 'wait':
        this.wait(action.model);
        break;
      case 'settle': {
        const lease = at(this.leases, action.which);
        if (lease) this.leases.splice(this.leases.indexOf(lease), 1);
        lease?.settle(action.outcome);
        break;
      }
      case 'headers': {
        const lease = at(this.leases, action.which);
        if (lease) this.tell(lease, action.readings);
        break;
      }
      case 'tokens':
        at(this.leases, action.which)?.used(action.tokens);
        break;
      case 'time':
        await this.clock.advance(action.ms);
        break;
      case 'add':
        this.add(action.group, action.models);
        break;
      default: {
        const record = at([...this.pool.records()], action.which);
        if (!record) break;
        if (action.do === 'delete') this.pool.delete(record, 'administrator');
        else if (action.do === 'switch') this.pool.setEnabled(record, !record.enabled, 'administrator');
        else {
          const limits = { concurrency: action.concurrency, requestsPerMinute: action.perMinute };
          this.pool.update(record, { limits }, 'administrator');
        }
      }
    }
    await settle();
  }

  /** Whoever waits, waits for good reason. */
  expectNobodyForgotten(): void {
    for (const wanted of [undefined, 'small', 'large']) {
      if (!this.queue.isWaiting({ model: wanted })) continue;
      // As a call that can wait: an account that is new gets a few of these first.
      expect(this.pool.take({ model: wanted }, undefined, this.clock.now())?.record.id).toBeUndefined();
    }
  }

  async settleAll(): Promise<void> {
    while (this.leases.length > 0) {
      for (const lease of this.leases.splice(0)) lease.settle('ok');
      await settle();
    }
  }

  expectNothingInFlight(): void {
    for (const record of this.records) {
      expect([record.inFlight, record.hardLimits?.inFlight ?? 0]).toEqual([0, 0]);
      for (const candidate of record.candidates)
        expect([candidate.inFlight, candidate.rateLimiter?.inFlight ?? 0]).toEqual([0, 0]);
    }
  }
}

describe('pacing, whatever happens in whatever order', () => {
  it.each([
    ['token_bucket', 'key_model'],
    ['fixed_window', 'key'],
  ] as const)(
    '%s per %s: exceeds no stated limit, forgets nobody who waits, counts in flight to nothing',
    async (kind, scope) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 120 }), async (steps) => {
          const run = new Run(kind, scope);
          for (const quotaGroup of [undefined, 'one', 'one', 'two']) run.add(quotaGroup, undefined);
          for (const action of steps) {
            await run.perform(action);
            run.expectNobodyForgotten();
          }
          await run.settleAll();
          for (const record of run.pool.records()) run.pool.setEnabled(record, true, 'administrator');
          for (let hour = 0; hour < 200 && run.waiting > 0; hour += 1) {
            await run.settleAll();
            await run.clock.advance(hour < 120 ? MINUTE : HOUR);
          }
          await run.settleAll();
          const serving = (wanted: string | undefined): boolean =>
            [...run.pool.records()].some((record) => record.status !== 'invalid_key' && record.serves(wanted));
          if ([undefined, 'small', 'large'].every(serving)) expect(run.waiting).toBe(0);
          run.expectNothingInFlight();
          run.queue.close();
        }),
        randomRuns(150),
      );
    },
    6 * 3_600_000,
  );
});
