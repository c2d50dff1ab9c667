import fc from 'fast-check';
import { OUTCOMES, type Outcome } from '../../src/key-management/classification/outcome';
import type { PoolLease } from '../../src/key-management/pool/key-lease';
import type { KeyRecord } from '../../src/key-management/pool/key-record';
import { TestPool } from '../support/pool';

type Step =
  | { do: 'lease'; model: string | undefined }
  | { do: 'settle'; which: number; outcome: Outcome; retryAfterMs: number | undefined }
  | { do: 'probe'; key: number; outcome: Outcome }
  | { do: 'switch'; key: number; enabled: boolean }
  | { do: 'delete'; key: number }
  | { do: 'add'; key: number }
  | { do: 'pass'; ms: number };

const KEYS = 4;
const key = fc.nat(KEYS - 1);
const outcome = fc.constantFrom(...OUTCOMES);
const model = fc.constantFrom(undefined, 'x', 'y');

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('lease' as const), model }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(),
      outcome: fc.oneof(fc.constant('ok' as const), outcome),
      retryAfterMs: fc.option(fc.constantFrom(0, 500, 60_000), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('probe' as const), key, outcome }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('switch' as const), key, enabled: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 1_000, 60_000, 4e6) }) },
);

const input = (n: number) => ({
  limits: n === 0 ? { concurrency: 1 } : {},
  models: n === 1 ? ['x'] : undefined,
  quotaGroup: n > 1 ? 'group' : undefined,
});

/** Whether the key may be chosen for the model, said as plainly as possible. */
function mayBeChosen(record: KeyRecord, asked: string | undefined, restsUntil: number, now: number): boolean {
  if (!record.enabled || !record.serves(asked) || restsUntil > now) return false;
  if (record.inFlight >= (record.limits.concurrency ?? Infinity)) return false;
  const { state } = record;
  return state.status === 'healthy' || ('until' in state && state.until <= now);
}

describe('a pool under any sequence of calls, checks and changes', () => {
  it('hands out only keys that may be chosen, finds one while there is one, and loses no count', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (script) => {
        const test = new TestPool();
        const { pool, clock } = test;
        let records = Array.from({ length: KEYS }, (_, n) => test.add(n, input(n)));
        const open: PoolLease[] = [];
        const everyRecord = new Set(records);
        let calls = 0;
        const restOf = (record: KeyRecord, asked: string | undefined): number =>
          pool
            .snapshot(record)
            .rests.find((rest) => rest.model === asked)
            ?.until.getTime() ?? 0;

        for (const each of script) {
          const known = 'key' in each ? records[each.key] : undefined;
          const present = known && pool.record(known.id) === known;
          if (each.do === 'pass') clock.skip(each.ms);
          else if (each.do === 'lease') {
            const now = clock.now();
            const trial = (record: KeyRecord): boolean =>
              record.slots.some((slot) => slot.trial === 'running') || record.trial === 'running';
            const choosable = [...pool.records()].filter((one) =>
              mayBeChosen(one, each.model, restOf(one, each.model), now),
            );
            const lease = pool.lease({ model: each.model });
            if (lease) {
              expect(choosable).toContain(lease.slot.record);
              open.push(lease);
            } else expect(choosable.filter((one) => !trial(one))).toEqual([]);
          } else if (each.do === 'settle' && open.length > 0) {
            const [lease] = open.splice(each.which % open.length, 1);
            lease!.settle({ outcome: each.outcome, retryAfterMs: each.retryAfterMs });
            calls += 1;
          } else if (each.do === 'probe' && present) pool.leaseForProbe(known).settle(each.outcome);
          else if (each.do === 'switch' && present) pool.setEnabled(known, each.enabled, 'administrator');
          else if (each.do === 'delete' && present) pool.delete(known, 'administrator');
          else if (each.do === 'add' && !present) {
            records = records.with(each.key, test.add(each.key, input(each.key)));
            everyRecord.add(records[each.key]!);
          }
          for (const record of everyRecord) {
            const held = open.filter(({ slot }) => slot.record === record).length;
            expect(record.inFlight).toBe(held);
          }
        }
        for (const lease of open.splice(0)) {
          lease.settle('ok');
          calls += 1;
        }
        const settled = test.settled.filter(({ source }) => source === 'call');
        expect(settled).toHaveLength(calls);
        for (const record of everyRecord) {
          expect(record.inFlight).toBe(0);
          expect(record.slots.every(({ inFlight }) => inFlight === 0)).toBe(true);
        }
        const successes = [...everyRecord].reduce((sum, { successCount }) => sum + successCount, 0);
        expect(successes).toBe(settled.filter((one) => one.outcome === 'ok').length);
        // All that are enabled come back when checks go well and time passes.
        clock.skip(1e9);
        for (const record of pool.records()) {
          pool.setEnabled(record, true, 'administrator');
          pool.leaseForProbe(record).settle('ok');
          expect(
            pool.lease({ exclude: new Set([...pool.records()].flatMap(({ id }) => (id === record.id ? [] : [id]))) }),
          ).toBeDefined();
        }
      }),
      { numRuns: 150 },
    );
  });
});
