import type { Policy, Situation } from './policy';
import { rawKey } from './raw-key';
import { VirtualInstance } from './virtual-instance';
import { VirtualStore } from './virtual-store';

/** The pool, the queue and the executor of this package as they are; instances on one store, with what ties them to it. */
export const ours: Policy = {
  name: 'this package',
  start: (situation) => {
    const { clock, scenario } = situation;
    const isShared = scenario.instances > 1 || scenario.changes !== undefined;
    const store = isShared ? new VirtualStore(clock) : undefined;
    if (store && scenario.storeAway) breakOff(store, situation, scenario.storeAway);
    const instances = new Map<string, VirtualInstance>();
    const keyOf = new Map(Array.from({ length: situation.vendor.limits.keys }, (_, key) => [rawKey(key), key]));
    // The calls reach the vendor through the fetch of their context, as usual.
    globalThis.fetch = async (_url, init) => {
      const headers = new Headers(init?.headers);
      const key = keyOf.get(headers.get('authorization')!.slice('Bearer '.length))!;
      const instance = instances.get(headers.get('x-instance')!)!;
      if (instance.isDead()) return forever();
      const answer = await situation.vendor.call({ key, tokens: Number(headers.get('x-tokens')) });
      if (instance.isDead()) return forever();
      return new Response(answer.body, {
        status: answer.ok ? 200 : 429,
        headers: {
          ...answer.headers,
          'content-type': 'application/json',
          'content-length': String(answer.body.length),
        },
      });
    };
    return (n) => {
      const instance = new VirtualInstance(`instance-${n}`, n, situation, store);
      instances.set(instance.id, instance);
      return instance;
    };
  },
};

const forever = (): Promise<never> => new Promise(() => undefined);

/** Cuts the store off from all instances, from so many milliseconds after the first call until so many. */
function breakOff(
  store: VirtualStore,
  { clock, startsAt }: Situation,
  [fromMs, toMs]: readonly [number, number],
): void {
  clock.after(startsAt + fromMs - clock.now(), () => store.cut());
  clock.after(startsAt + toMs - clock.now(), () => store.mend());
}
