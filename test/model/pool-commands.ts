import fc from 'fast-check';
import { OUTCOMES } from '../../src/key-management/vendors/contract/outcome';
import { isRemoved, type PoolModel } from './pool-model';
import { INPUTS, PROVIDER, type PoolWorld } from './pool-world';
import { DAY, HOUR, MINUTE, SECOND } from './rules';
import { callEnded, probeEnded, type Said } from './settlements';

type PoolCommand = fc.Command<PoolModel, PoolWorld>;

/** A command as text, so that a failing sequence reads as a story. */
const named = (text: string, check: PoolCommand['check'], run: PoolCommand['run']): PoolCommand => ({
  check,
  run,
  toString: () => text,
});

/** The same, after which the pool is held to its sentences. */
export const held = (command: PoolCommand): PoolCommand =>
  named(command.toString(), command.check.bind(command), (model, world) => {
    command.run(model, world);
    world.hold(model);
  });
const always = (): boolean => true;
const present =
  (n: number) =>
  (model: Readonly<PoolModel>): boolean =>
    model.keys.has(n);

const lease = (wanted: string | undefined): PoolCommand =>
  named(`lease(${wanted ?? ''})`, always, (model, world) => {
    world.took(model, world.pools.lease(PROVIDER, { model: wanted }), wanted);
  });

export const settle = (which: number, said: { outcome: Said['outcome']; notBeforeMs?: number }): PoolCommand =>
  named(
    `settle(${which}, ${JSON.stringify(said)})`,
    (model) => model.held.length > 0,
    (model, world) => {
      const full = stated(said, world.now);
      const ended = model.held[which % model.held.length]!;
      world.settle(ended, full);
      callEnded(model, ended, full, world.now);
    },
  );

export const probe = (n: number, said: { outcome: Said['outcome']; notBeforeMs?: number }): PoolCommand =>
  named(`probe(${n}, ${JSON.stringify(said)})`, present(n), (model, world) => {
    const full = stated(said, world.now);
    world.probe(n).settle(full);
    probeEnded(model, model.keys.get(n)!, full, world.now);
  });

const pass = (ms: number): PoolCommand =>
  named(`pass(${ms} ms)`, always, (_, world) => {
    world.clock.skip(ms);
  });

export const add = (n: number): PoolCommand =>
  named(
    `add(${n})`,
    (model) => !model.keys.has(n),
    (model, world) => {
      world.add(n);
      model.add(n, INPUTS[n]!);
    },
  );

const remove = (n: number): PoolCommand =>
  named(`remove(${n})`, present(n), (model, world) => {
    void world.pools.remove(PROVIDER, world.id(n));
    model.delete(n);
  });

const disable = (n: number): PoolCommand =>
  named(`disable(${n})`, present(n), (model, world) => {
    const key = model.keys.get(n)!;
    void world.pools.disable(PROVIDER, world.id(n));
    if (key.enabled && !isRemoved(key)) model.removals += 1;
    key.enabled = false;
  });

export const enable = (n: number): PoolCommand =>
  named(`enable(${n})`, present(n), (model, world) => {
    void world.pools.enable(PROVIDER, world.id(n));
    model.enable(model.keys.get(n)!, world.clock.now());
  });

const stated = ({ notBeforeMs, ...said }: { outcome: Said['outcome']; notBeforeMs?: number }, now: number): Said => ({
  ...said,
  notBefore: notBeforeMs === undefined ? undefined : new Date(now + notBeforeMs),
});

const n = fc.nat(INPUTS.length - 1);
const wanted = fc.constantFrom(undefined, 'x', 'y');
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
export const said = fc.record({
  outcome: fc.oneof(
    { weight: 5, arbitrary: fc.constant('ok' as const) },
    { weight: 3, arbitrary: fc.constant('rate_limited' as const) },
    { weight: 2, arbitrary: fc.constantFrom('invalid_key' as const, 'quota_exceeded' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...OUTCOMES) },
  ),
  retryAfterMs: maybe(fc.constantFrom(0, 500, MINUTE, 3 * HOUR)),
  notBeforeMs: maybe(fc.constantFrom(-HOUR, MINUTE, 2 * DAY)),
  model: maybe(fc.constantFrom('x', 'y')),
});
/** Of the outcomes that cool a key down by model or endpoint, these may be told of the whole key. */
const WHOLE: ReadonlySet<string> = new Set(['rate_limited', 'permission_denied']);
export const saidOfCall = fc
  .tuple(said, fc.boolean())
  .map(([each, whole]) => (whole && WHOLE.has(each.outcome) ? { ...each, scope: 'key' as const } : each));
export const ms = fc.constantFrom(0, 1, SECOND, 2 * SECOND, 30 * SECOND, MINUTE, HOUR, DAY);

/** All that can happen to a pool; what happens more often in life comes more often. */
export const PASSING_TIME = Array.from({ length: 3 }, () => ms.map(pass));
export const POOL_COMMANDS: fc.Arbitrary<PoolCommand>[] = [
  ...Array.from({ length: 5 }, () => wanted.map(lease)),
  ...Array.from({ length: 5 }, () => fc.tuple(fc.nat(40), saidOfCall).map((all) => settle(...all))),
  ...Array.from({ length: 2 }, () => fc.tuple(n, said).map((all) => probe(...all))),
  ...Array.from({ length: 2 }, () => n.map(add)),
  n.map(remove),
  n.map(disable),
  n.map(enable),
];
