import fc from 'fast-check';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import type { BudgetThreshold, BudgetUnit } from '../../pool/limits/budget';
import type { MeterClaims } from '../../pool/account-meters';
import { PeriodMeter } from '../../pool/limits/period-meter';
import type { Json } from '../port/key-store';
import { MemoryKeyStore } from '../memory/memory-key-store';
import { StoreLink } from '../sync/store-link';
import { nextClaim } from './claims';
import { PeriodClaims } from './period-claims';

/** Keeps what it holds when another instance opens it. */
class KeptStore extends MemoryKeyStore {
  #isOpen = false;

  override open(...given: Parameters<MemoryKeyStore['open']>): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    this.#isOpen = true;
    return super.open(...given);
  }
}

describe('claims of a period', () => {
  it('never add up to more than the limit, whoever claims when, and come to all of it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<BudgetUnit>('requests', 'tokens', 'usd'),
        fc.integer({ min: 1, max: 200_000 }),
        fc.array(fc.record({ who: fc.nat(4), size: fc.nat(5_000), dies: fc.boolean() }), { maxLength: 200 }),
        (unit, whole, turns) => {
          const scale = unit === 'usd' ? 1e-3 : 1;
          const limit = whole * scale;
          const claims = Array.from({ length: 5 }, () => 0);
          let dead = 0;
          const takenBut = (who: number) => claims.reduce((sum, each, at) => (at === who ? sum : sum + each), dead);
          const claim = (who: number, size: number) => {
            const next = nextClaim(
              { limit, claimed: claims[who]!, needed: size * scale, wished: 2 * size * scale },
              takenBut(who),
              unit,
            );
            claims[who] = next.claimed;
            return next.isSpent;
          };
          for (const { who, size, dies } of turns) {
            claim(who, size);
            expect(takenBut(-1)).toBeLessThanOrEqual(limit + 1e-9);
            if (!dies) continue;
            dead += claims[who]!;
            claims[who] = 0;
          }
          while (!claim(0, 0));
          expect(takenBut(-1)).toBeCloseTo(limit, 4);
        },
      ),
    );
  });

  describe('in a store', () => {
    let clock: FakeClock;
    beforeEach(() => {
      clock = new FakeClock();
    });
    const alive = new Set<string>();

    async function instance(
      store: MemoryKeyStore,
      id: string,
      limit = 64,
      unit: BudgetUnit = 'requests',
      budget = false,
    ) {
      alive.add(id);
      const link = new StoreLink(store, id, clock, { warn: () => undefined, info: () => undefined });
      const claims = new PeriodClaims(link, id, clock, { count: 2, has: (each) => alive.has(each) });
      link.own(claims);
      const told: BudgetThreshold[] = [];
      const kind = budget ? 'budget' : 'limit';
      const meter = new PeriodMeter({ kind, scope: 'key', subject: 'key:1', unit, per: 'day', timeZone: () => 'UTC' });
      meter.limit = limit;
      let grants = 0;
      let used = (): void => undefined;
      claims.share('openai', {
        claimFrom: (given) => {
          meter.claims(
            () => given.wanted(meter),
            () => given.look(meter),
          );
          used = () => given.used([meter]);
        },
        meters: [meter],
        granted: () => void (grants += 1),
        tell: (_meter, percent) => void told.push(percent),
      });
      await link.open().catch(() => undefined);
      claims.start();
      const turns = async () => {
        for (let turn = 0; turn < 5; turn += 1) await clock.advance(10);
      };
      await turns();
      const call = async (amount = 1) => {
        meter.started(amount, clock.now());
        if (unit !== 'requests') {
          meter.released(amount);
          meter.add(amount, clock.now(), amount);
        }
        used();
        await turns();
      };
      return { link, claims, meter, call, turns, told, grants: () => grants, used: () => used() };
    }

    /** Tells an instance what the store holds, as its watcher does. */
    const hear = async (store: MemoryKeyStore, { claims, turns }: Awaited<ReturnType<typeof instance>>) => {
      for (const { doc, registers } of await store.load('day-limits/'))
        for (const [field, register] of Object.entries(registers))
          claims.changed({ kind: 'set', doc, field, register });
      await turns();
    };
    const fits = (meter: PeriodMeter, amount: number): boolean => meter.blockedUntil(amount, clock.now()) === 0;

    /** Calls of 1, one after the other, until none fits any more. */
    const spendAll = async ({ meter, call, turns }: Awaited<ReturnType<typeof instance>>): Promise<number> => {
      let calls = 0;
      for (let tries = 0; tries < 800 && meter.spentUntil(clock.now()) === 0; tries += 1)
        if (fits(meter, 1)) {
          calls += 1;
          await call(1);
        } else await turns();
      return calls;
    };

    it('are known to whoever comes later; what was not used is given back in good order', async () => {
      const store = new KeptStore();
      const one = await instance(store, 'one');
      expect([fits(one.meter, 2), fits(one.meter, 3)]).toEqual([true, false]);
      const two = await instance(store, 'two');
      expect([fits(two.meter, 2), fits(two.meter, 3)]).toEqual([true, false]);
      one.meter.started(1, clock.now());
      one.claims.stop();
      await clock.advance(2_000);
      const documents = await store.load('day-limits/');
      expect(documents).toHaveLength(1);
      const day = one.meter.endsAt(clock.now());
      expect(documents[0]!.registers).toMatchObject({
        one: { value: { day, requests: 1, tokens: 0 } },
        two: { value: { day, requests: 4, tokens: 0 } },
      });
    });
    it('of days that are long over are dropped, with what makes no sense', async () => {
      const store = new KeptStore();
      const register = (value: Json) => ({ value, version: 1, tie: 'x' });
      const old = { day: clock.now() - 3 * 24 * 3_600_000, requests: 1, tokens: 0 };
      const set = (doc: string, value: Json) => ({
        kind: 'set' as const,
        doc,
        field: 'gone',
        register: register(value),
      });
      await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
      const now = { day: clock.now() + 3_600_000, requests: 5, tokens: 0 };
      await store.write([
        set('day-limits/openai/a', old),
        set('day-limits/openai/b', 'x'),
        set('day-limits/openai/c', now),
      ]);
      await instance(store, 'one', Infinity);
      await clock.advance(2_000);
      expect((await store.load('day-limits/')).map(({ doc }) => doc)).toEqual(['day-limits/openai/c']);
    });

    it('are an equal part of what is left where the store is away, once', async () => {
      const store = new KeptStore();
      Object.assign(store, { load: () => Promise.reject(new Error('away')), shared: true });
      const one = await instance(store, 'one');
      expect([fits(one.meter, 32), fits(one.meter, 33)]).toEqual([true, false]);
      for (let call = 0; call < 32; call += 1) one.meter.started(1, clock.now());
      await clock.advance(3_000);
      await settle();
      expect(fits(one.meter, 1)).toBe(false);
    });

    it('are claimed anew of a limit that was lowered, so that all of them together never use more', async () => {
      const store = new KeptStore();
      const [one, two] = [
        await instance(store, 'one', 640, 'usd', true),
        await instance(store, 'two', 640, 'usd', true),
      ];
      for (const each of [one, two]) for (let call = 0; call < 10; call += 1) await each.call(4);
      for (const { meter } of [one, two]) meter.limit = 90;
      await clock.advance(2_000);
      for (const each of [one, two, one]) await hear(store, each);
      let used = 80;
      for (let call = 0; call < 40; call += 1)
        for (const each of [one, two])
          if (fits(each.meter, 1)) {
            used += 1;
            await each.call(1);
          } else await each.turns();
      expect(used).toBeLessThanOrEqual(90);
      expect(used).toBeGreaterThan(85);
    });

    it('that are given back can be claimed by those for whom nothing was left', async () => {
      const store = new KeptStore();
      const [one, two] = [await instance(store, 'one', 8), await instance(store, 'two', 8)];
      for (let call = 0; fits(two.meter, 1) && call < 20; call += 1) await two.call();
      await two.turns();
      expect(two.meter.spentUntil(clock.now())).toBeGreaterThan(0);
      one.claims.stop();
      await clock.advance(2_000);
      await hear(store, two);
      expect([two.meter.spentUntil(clock.now()), fits(two.meter, 1)]).toEqual([0, true]);
    });

    it('of the version before count', async () => {
      const store = new KeptStore();
      await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
      const { meter } = await instance(store, 'one');
      const day = meter.endsAt(clock.now());
      const { doc } = (await store.load('day-limits/'))[0]!;
      const value = { day, requests: 60, tokens: 0 };
      await store.write([{ kind: 'set', doc, field: 'before', register: { value, version: 1, tie: 'x' } }]);
      const two = await instance(store, 'two');
      // 64, of which one instance has 2 and the other 60.
      expect([fits(two.meter, 1), fits(two.meter, 2)]).toEqual([true, false]);
    });

    it('show what others used, and of an instance that died what it may have used: all of it, and what was in flight', async () => {
      const store = new KeptStore();
      const one = await instance(store, 'one', 320, 'usd', true);
      await one.call(4);
      one.meter.started(2, clock.now());
      one.used();
      await one.turns();
      const two = await instance(store, 'two', 320, 'usd', true);
      expect(two.meter.spent(clock.now())).toBeCloseTo(4);
      alive.delete('one');
      // Its last second may have seen more calls.
      expect(two.meter.spent(clock.now())).toBeGreaterThanOrEqual(6);
      alive.add('one');
      await clock.advance(3_000);
      await hear(store, two);
      alive.delete('one');
      expect(two.meter.spent(clock.now())).toBeCloseTo(6);
      await two.call(3);
      expect(two.meter.spent(clock.now())).toBeCloseTo(9);
    });

    it('of an instance that died are free again but for that, also for one that had found nothing left', async () => {
      const store = new KeptStore();
      const one = await instance(store, 'one', 320, 'usd', true);
      await one.call(4);
      await clock.advance(3_000);
      const two = await instance(store, 'two', 320, 'usd', true);
      let used = 4;
      used += await spendAll(two);
      const claimed = (await store.load('day-limits/'))[0]!.registers.one!.value as {
        usd: number;
        upTo: { usd: number };
      };
      expect(claimed.upTo.usd).toBeCloseTo(4);
      expect(used).toBe(Math.floor(320 - claimed.usd) + 4);
      expect(two.meter.spentUntil(clock.now())).toBeGreaterThan(0);
      alive.delete('one');
      two.claims.gone();
      await two.turns();
      used += await spendAll(two);
      expect([used, two.meter.spent(clock.now())]).toEqual([320, expect.closeTo(320)]);
    });

    it('of an instance that was taken for dead, and was not, are claimed anew before it uses them', async () => {
      const store = new KeptStore();
      Object.assign(store, { shared: true });
      const one = await instance(store, 'one', 320, 'usd', true);
      await one.call(4);
      await clock.advance(3_000);
      const two = await instance(store, 'two', 320, 'usd', true);
      alive.delete('one');
      await clock.advance(20_000);
      let used = 4;
      used += await spendAll(two);
      expect(used).toBe(320);
      alive.add('one');
      // One call may go before it is known better.
      for (let call = 0; call < 20; call += 1)
        if (fits(one.meter, 1)) {
          used += 1;
          await one.call(1);
        } else await one.turns();
      expect(used).toBeLessThanOrEqual(321);
    });

    it('of an instance whose first heartbeat is not there yet count in full', async () => {
      const store = new KeptStore();
      Object.assign(store, { shared: true });
      await instance(store, 'one', 320, 'usd', true);
      alive.delete('one');
      const two = await instance(store, 'two', 320, 'usd', true);
      const claimed = (await store.load('day-limits/'))[0]!.registers.one!.value as { usd: number };
      expect(claimed.usd).toBe(10);
      expect(await spendAll(two)).toBe(310);
      await clock.advance(20_000);
      await two.turns();
      // All of it, but for scraps.
      expect(await spendAll(two)).toBeGreaterThanOrEqual(9);
    });

    it('are made under a lock, and what of them is used is written without one', async () => {
      const store = new KeptStore();
      Object.assign(store, { shared: true });
      const locks = jest.spyOn(store, 'lock');
      const one = await instance(store, 'one', 320_000, 'usd', true);
      locks.mockClear();
      for (let call = 0; call < 200; call += 1) {
        expect(fits(one.meter, 1)).toBe(true);
        await one.call(1);
      }
      expect(locks.mock.calls.filter(([name]) => name.startsWith('day-limits'))).toEqual([]);
      const { upTo, used } = (await store.load('day-limits/'))[0]!.registers.one!.value as Record<
        string,
        { usd: number }
      >;
      // Of a call of 1 USD every 50 ms, what a second takes.
      expect(upTo!.usd - 200).toBeGreaterThanOrEqual(0);
      expect(upTo!.usd - 200).toBeLessThanOrEqual(25);
      expect(used!.usd).toBeLessThanOrEqual(200);
    });

    it('are looked at where something was used, and nowhere else, however many there are', async () => {
      const store = new KeptStore();
      const link = new StoreLink(store, 'one', clock, { warn: () => undefined, info: () => undefined });
      const claims = new PeriodClaims(link, 'one', clock, { count: 1, has: () => true });
      link.own(claims);
      const terms = { kind: 'budget', scope: 'key', unit: 'requests', per: 'day', timeZone: () => 'UTC' } as const;
      const meters = Array.from({ length: 2_000 }, (_, n) => new PeriodMeter({ ...terms, subject: `key:${n}` }));
      for (const meter of meters) meter.limit = 1_000;
      let given: MeterClaims | undefined;
      let walks = 0;
      claims.share('openai', {
        claimFrom: (claimed) => {
          given = claimed;
          for (const meter of meters)
            meter.claims(
              () => claimed.wanted(meter),
              () => claimed.look(meter),
            );
        },
        get meters() {
          walks += 1;
          return meters;
        },
        granted: () => undefined,
        tell: () => undefined,
      });
      await link.open();
      claims.start();
      await clock.advance(1_000);
      walks = 0;
      const looks = meters.map((meter) => jest.spyOn(meter, 'endsAt'));
      for (let call = 0; call < 100; call += 1) {
        const meter = meters[call % 3]!;
        meter.started(1, clock.now());
        given!.used([meter]);
        await clock.advance(100);
      }
      await clock.advance(60_000);
      expect(walks).toBe(0);
      expect(looks.flatMap(({ mock }, index) => (mock.calls.length > 0 ? [index] : []))).toEqual([0, 1, 2]);
    });

    it('tell each threshold once, whoever reaches it', async () => {
      const store = new KeptStore();
      const one = await instance(store, 'one', 100, 'usd', true);
      const two = await instance(store, 'two', 100, 'usd', true);
      for (const amount of [30, 25, 10]) await one.call(amount);
      expect(one.told).toEqual([50]);
      await two.call(20);
      expect(two.told).toEqual([80]);
      await one.call(16);
      await two.call(1);
      expect([one.told, two.told].flat().toSorted((a, b) => a - b)).toEqual([50, 80, 100]);
    });

    it('of short periods have a document for each day', async () => {
      const store = new KeptStore();
      const link = new StoreLink(store, 'one', clock, { warn: () => undefined, info: () => undefined });
      const claims = new PeriodClaims(link, 'one', clock, { count: 1, has: () => true });
      link.own(claims);
      const terms = { kind: 'budget', scope: 'key', subject: 'key:1', unit: 'requests' } as const;
      const meter = new PeriodMeter({ ...terms, per: 'hour', timeZone: () => 'UTC' });
      meter.limit = 64;
      let wanted = (): void => undefined;
      claims.share('openai', {
        claimFrom: (given) => {
          wanted = () => given.wanted(meter);
          meter.claims(wanted);
        },
        meters: [meter],
        granted: () => undefined,
        tell: () => undefined,
      });
      await link.open();
      claims.start();
      for (let hour = 0; hour < 30; hour += 1) {
        wanted();
        await clock.advance(60 * 60_000);
      }
      const documents = await store.load('day-limits/');
      expect(documents.length).toBeGreaterThanOrEqual(2);
      expect(documents.length).toBeLessThanOrEqual(3);
    });
  });
});
