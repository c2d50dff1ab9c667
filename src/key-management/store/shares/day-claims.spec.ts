import fc from 'fast-check';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import type { DayGrant, DayWant } from '../../pool/limits/day-limits';
import type { Json } from '../port/key-store';
import { MemoryKeyStore } from '../memory/memory-key-store';
import { StoreLink } from '../sync/store-link';
import { DayClaims, nextClaim } from './day-claims';

const NOTHING = { requests: 0, tokens: 0 };

/** Keeps what it holds when another instance opens it. */
class KeptStore extends MemoryKeyStore {
  #isOpen = false;

  override open(...given: Parameters<MemoryKeyStore['open']>): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    this.#isOpen = true;
    return super.open(...given);
  }
}

describe('claims of a day', () => {
  it('never add up to more than the limit, whoever claims when, and come to all of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 1, max: 200_000 }),
        fc.array(fc.record({ who: fc.nat(4), size: fc.nat(5_000), dies: fc.boolean() }), { maxLength: 200 }),
        (requestsPerDay, tokensPerDay, turns) => {
          const limits = { requestsPerDay, tokensPerDay };
          const claims = Array.from({ length: 5 }, () => NOTHING);
          let dead = NOTHING;
          const takenBut = (who: number) =>
            claims.reduce(
              (sum, { requests, tokens }, at) =>
                at === who ? sum : { requests: sum.requests + requests, tokens: sum.tokens + tokens },
              dead,
            );
          const claim = (who: number, size: number) => {
            const needed = { requests: 1, tokens: size };
            const next = nextClaim({ limits, claimed: claims[who]!, needed }, takenBut(who));
            claims[who] = next.claim;
            return next.spent;
          };
          for (const { who, size, dies } of turns) {
            claim(who, size);
            const all = takenBut(-1);
            expect(all.requests).toBeLessThanOrEqual(requestsPerDay);
            expect(all.tokens).toBeLessThanOrEqual(tokensPerDay);
            if (!dies) continue;
            dead = { requests: dead.requests + claims[who]!.requests, tokens: dead.tokens + claims[who]!.tokens };
            claims[who] = NOTHING;
          }
          for (let spent = claim(0, 0); !spent.requests || !spent.tokens; spent = claim(0, 0));
          expect(takenBut(-1)).toEqual({ requests: requestsPerDay, tokens: tokensPerDay });
        },
      ),
    );
  });

  describe('in a store', () => {
    const clock = new FakeClock();
    const day = clock.now() + 3_600_000;

    async function instance(store: MemoryKeyStore, id: string) {
      const link = new StoreLink(store, id, clock, { warn: () => undefined, info: () => undefined });
      const claims = new DayClaims(link, id, clock, { count: 2 });
      link.own(claims);
      const grants: DayGrant[] = [];
      let wanted: (() => void) | undefined;
      let wants: DayWant[] = [];
      claims.share('openai', {
        claimDays: (each) => (wanted = each),
        dayWants: () => wants.splice(0),
        dayGranted: (grant) => void grants.push(grant),
        daysUsed: () => [{ account: 'key:1', day, used: { requests: 1, tokens: 0 } }],
      });
      await link.open().catch(() => undefined);
      claims.start();
      const want = async (claimed = NOTHING) => {
        const needed = { requests: 1, tokens: 0 };
        wants = [{ account: 'key:1', day, version: 0, limits: { requestsPerDay: 64 }, claimed, needed }];
        wanted!();
        for (let turn = 0; turn < 5; turn += 1) await clock.advance(10);
        return grants.at(-1);
      };
      return { link, claims, want, grants };
    }

    it('are known to whoever comes later; what was not used is given back in good order', async () => {
      const store = new KeptStore();
      const one = await instance(store, 'one');
      expect(await one.want()).toMatchObject({ account: 'key:1', day, claimed: { requests: 2 } });
      const two = await instance(store, 'two');
      expect(await two.want()).toMatchObject({ claimed: { requests: 2 } });
      one.claims.stop();
      await clock.advance(2_000);
      const documents = await store.load('day-limits/');
      expect(documents).toHaveLength(1);
      expect(documents[0]!.registers).toMatchObject({
        one: { value: { day, requests: 1, tokens: 0 } },
        two: { value: { day, requests: 2, tokens: 0 } },
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
      const now = { day, requests: 5, tokens: 0 };
      await store.write([
        set('day-limits/openai/a', old),
        set('day-limits/openai/b', 'x'),
        set('day-limits/openai/c', now),
      ]);
      await instance(store, 'one');
      await clock.advance(2_000);
      expect((await store.load('day-limits/')).map(({ doc }) => doc)).toEqual(['day-limits/openai/c']);
    });

    it('are an equal part of what is left where the store is away, once', async () => {
      const store = new KeptStore();
      Object.assign(store, { load: () => Promise.reject(new Error('away')), shared: true });
      const one = await instance(store, 'one');
      expect(await one.want()).toMatchObject({ claimed: { requests: 32 } });
      await one.want({ requests: 32, tokens: 0 });
      await settle();
      expect(one.grants).toHaveLength(1);
    });
  });
});
