import fc from 'fast-check';
import { said as anySaid } from './pool-commands';
import { ADDED, ALL, PROVIDER, type Admin, type InstancesModel, type InstancesWorld } from './instances-world';
import { MINUTE, SECOND } from './rules';
import type { Said } from './settlements';

export type InstancesCommand = fc.AsyncCommand<InstancesModel, InstancesWorld>;

/** Each names an instance by a number; with fewer instances, numbers share one. */
const named = (
  text: string,
  run: (model: InstancesModel, world: InstancesWorld) => void | Promise<void>,
  check: (model: Readonly<InstancesModel>) => boolean = () => true,
): InstancesCommand => ({
  check,
  run: async (model, world) => {
    await run(model, world);
    await world.quiet();
    world.hold(model);
  },
  toString: () => text,
});

const at = ({ instances }: InstancesWorld, i: number): number => i % instances.length;

const use = (which: number): InstancesCommand =>
  named(`use(${which})`, (model, world) => {
    const i = at(world, which);
    const real = world.instances[i]!.pools.lease(PROVIDER);
    if (!real) return;
    const n = world.number(real.keyId);
    world.look(({ leased }) => leased?.(model, world, i, n));
    model.open.push({ i, n, real });
  });

export const settle = (which: number, said: Said): InstancesCommand =>
  named(
    `settle(${which}, ${JSON.stringify(said)})`,
    (model) => {
      const [{ n, real }] = model.open.splice(which % model.open.length, 1) as [InstancesModel['open'][number]];
      real.settle(said);
      model.settled(n, said);
    },
    ({ open }) => open.length > 0,
  );

const probe = (which: number, n: number, said: Said): InstancesCommand =>
  named(`probe(${which}, ${n}, ${JSON.stringify(said)})`, (_, world) => {
    const i = at(world, which);
    if (world.has(i, n)) world.probe(i, n).settle(said);
  });

const administer = (which: number, n: number, to: Admin): InstancesCommand =>
  named(`${to}(${which}, ${n})`, (model, world) => {
    const i = at(world, which);
    const { pools } = world.instances[i]!;
    const shown = world.shown(i, n);
    if (!shown) return;
    const is: Admin = shown.status === 'disabled' ? 'disabled' : 'enabled';
    if (is === to) return;
    if (to !== 'disabled') world.letBack.add(n);
    const done =
      to === 'deleted'
        ? pools.remove(PROVIDER, world.id(n))
        : to === 'disabled'
          ? pools.disable(PROVIDER, world.id(n))
          : pools.enable(PROVIDER, world.id(n));
    // Resolves when it is in the store, and rejects while that is away: it holds here all the same.
    done.catch(() => undefined);
    model.admin[n]!.set(i, to);
  });

const add = (which: number, n: number): InstancesCommand =>
  named(`add(${which}, ${n})`, (model, world) => {
    const i = at(world, which);
    if (world.has(i, n)) return;
    world.add(i, n);
    model.admin[n]!.set(i, 'enabled');
  });

const label = (which: number, n: number, text: string): InstancesCommand =>
  named(`label(${which}, ${n}, ${text})`, (_, world) => {
    const i = at(world, which);
    if (!world.has(i, n)) return;
    world.instances[i]!.pools.update(PROVIDER, world.id(n), { label: text }).catch(() => undefined);
  });

const limit = (which: number, n: number, concurrency: number | undefined): InstancesCommand =>
  named(`limit(${which}, ${n}, ${concurrency})`, (_, world) => {
    const i = at(world, which);
    if (!world.has(i, n)) return;
    world.instances[i]!.pools.update(PROVIDER, world.id(n), { limits: { concurrency } }).catch(() => undefined);
  });

const store = (text: string, act: (world: InstancesWorld, i: number) => void, which = 0): InstancesCommand =>
  named(text, (_, world) => {
    act(world, at(world, which));
  });

const restart = (which: number): InstancesCommand =>
  named(`restart(${which})`, async (model, world) => {
    const i = at(world, which);
    // A call under way is waited for, and what is on its way is written: a shutdown in good order.
    if (world.store.isAway || model.open.some((lease) => lease.i === i)) return;
    await world.restart(i);
  });

const i = fc.nat(2);
const n = fc.constantFrom(...ALL);
const added = fc.constantFrom(...ADDED);
const said = anySaid.map(({ outcome, retryAfterMs }) => ({ outcome, retryAfterMs }));
const few = fc.constantFrom(1, 1, 2, 3, 1_000);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

/** All that can happen to instances and the store between them. Time passes in small steps: states stay fresh. */
export const INSTANCES_COMMANDS: fc.Arbitrary<InstancesCommand>[] = [
  ...times(6, () => i.map(use)),
  ...times(6, () => fc.tuple(fc.nat(20), said).map(([which, each]) => settle(which, each))),
  ...times(3, () => fc.tuple(i, n, said).map(([which, key, each]) => probe(which, key, each))),
  ...times(3, () =>
    fc
      .constantFrom(0, 1, 500, SECOND, 2 * SECOND, 30 * SECOND, MINUTE)
      .map((ms) => named(`advance(${ms} ms)`, (_, { clock }) => clock.advance(ms))),
  ),
  fc.tuple(i, n, fc.constantFrom('enabled' as const, 'disabled' as const)).map((all) => administer(...all)),
  fc.tuple(i, added).map(([which, key]) => administer(which, key, 'deleted')),
  ...times(2, () => fc.tuple(i, added).map((all) => add(...all))),
  fc.tuple(i, n, fc.constantFrom('one', 'other')).map((all) => label(...all)),
  fc.tuple(i, n, fc.constantFrom(undefined, 1, 5)).map((all) => limit(...all)),
  ...times(5, () =>
    fc
      .tuple(i, few)
      .map(([which, count]) =>
        store(`deliver(${which}, ${count})`, ({ members }, one) => members[one]!.deliver(count), which),
      ),
  ),
  fc
    .tuple(i, fc.nat(50))
    .map(([which, old]) => store(`repeat(${which}, ${old})`, ({ members }, one) => members[one]!.repeat(old), which)),
  i.map((which) => store(`lose(${which})`, ({ members }, one) => members[one]!.lose(), which)),
  fc.constant(store('cut()', (world) => world.store.cut())),
  ...times(2, () => fc.constant(store('mend()', (world) => world.store.mend()))),
  fc.constant(store('loseNextAnswer()', (world) => (world.store.losesNextAnswer = true))),
  i.map(restart),
];
