import type { KeySnapshot } from '../../src/key-management/pool/key/key-snapshot';
import { ALL, isRemovedStatus, type InstancesModel, type InstancesWorld } from './instances-world';
import { claim } from './sentences';

/** What holds of several instances over one store. */
export interface InstancesSentence {
  readonly text: string;
  /** The instance handed out the key. */
  leased?(model: InstancesModel, world: InstancesWorld, i: number, n: number): void;
  always?(model: InstancesModel, world: InstancesWorld): void;
  /** When everything was exchanged, in so many rounds, and one more instance has read the store. */
  finally?(model: InstancesModel, world: InstancesWorld, rounds: number): void;
}

const time = (date: Date | undefined): number => date?.getTime() ?? 0;

/** What of a key all instances know. */
export const common = (shown: KeySnapshot | undefined): string => {
  if (!shown) return 'not there';
  const {
    status,
    reason,
    cooldownUntil,
    cooldowns,
    recheckAt,
    successCount,
    errorCount,
    label,
    weight,
    limits,
    lastUsedAt,
  } = shown;
  const models = cooldowns.map(({ model, until }) => [model, time(until)]).sort();
  return JSON.stringify({
    status, reason, cooldowns: time(cooldownUntil), models, recheckAt: time(recheckAt), successCount, errorCount, label, weight, limits,
    lastUsedAt: time(lastUsedAt), lastCheckedAt: time(shown.lastCheckedAt),
  }); // prettier-ignore
};

export const INSTANCES_SENTENCES: readonly InstancesSentence[] = [
  {
    text: 'whatever comes late, twice or never, all instances come to the same, and so does one that reads the store anew',
    finally: (_, world, rounds) => {
      claim(rounds < Infinity, 'the exchange does not come to an end');
      for (const n of ALL) {
        const shown = world.instances.map((_, i) => common(world.shown(i, n)));
        claim(new Set(shown).size === 1, `key ${n} is shown differently:\n${shown.join('\n')}`);
      }
    },
  },
  {
    text: 'a cooldown or re-check is never shortened, also not by what another instance tells, unless an administrator enabled or deleted that key',
    always: (_, world) => {
      const now = world.clock.now();
      for (const [i, before] of world.before.entries()) {
        for (const [id, was] of before) {
          const is = world.instances[i]!.pools.get(was.provider, id);
          if (!is || world.letBack.has(world.number(id))) continue;
          const key = `of key ${world.number(id)} in instance ${i}`;
          const cooldownUntil = time(was.cooldownUntil);
          if (cooldownUntil > now && !isRemovedStatus(is) && is.status !== 'disabled')
            claim(time(is.cooldownUntil) >= cooldownUntil, `the cooldown ${key} was shortened`);
          if (isRemovedStatus(was) && isRemovedStatus(is))
            claim(time(is.recheckAt) >= time(was.recheckAt), `the re-check ${key} was shortened`);
          for (const { model, until } of was.cooldowns) {
            const cooldown = is.cooldowns.find((each) => each.model === model);
            if (time(until) > now)
              claim(time(cooldown?.until) >= time(until), `the cooldown ${key} for ${model} was shortened`);
          }
        }
      }
    },
  },
  {
    text: 'no instance leases a key that it shows as removed or cooling down',
    leased: (_, world, i, n) => {
      const was = world.before[i]!.get(world.id(n));
      claim(was?.status === 'healthy', `key ${n} is ${was?.status} in instance ${i}`);
    },
  },
  {
    text: 'what one administrator did last to a key holds everywhere',
    finally: ({ admin }, world) => {
      for (const n of ALL) {
        const [only, ...others] = admin[n]!.values();
        if (only === undefined || others.length > 0) continue;
        for (const i of world.instances.keys()) {
          const status = world.shown(i, n)?.status;
          const is = status === undefined ? 'deleted' : status === 'disabled' ? 'disabled' : 'enabled';
          claim(is === only, `key ${n} is ${is} in instance ${i}, and should be ${only}`);
        }
      }
    },
  },
  {
    text: 'statistics equal the settles of all instances',
    finally: ({ successes, errors }, world) => {
      for (const i of world.instances.keys()) {
        for (const n of ALL) {
          const shown = world.shown(i, n);
          if (!shown) continue;
          const { successCount, errorCount } = shown;
          claim(
            successCount === successes[n] && errorCount === errors[n],
            `key ${n} shows ${successCount} and ${errorCount} in instance ${i}, where ${successes[n]} and ${errors[n]} were settled`,
          );
        }
      }
    },
  },
  {
    text: 'in-flight counts never go negative and return to zero',
    always: ({ open }, world) => {
      for (const i of world.instances.keys()) {
        const held = open.filter((lease) => lease.i === i).length;
        const all = [...world.all(i).values()].map(({ inFlight }) => inFlight);
        const sum = all.reduce((total, each) => total + each, 0);
        claim(
          all.every((each) => each >= 0),
          `instance ${i} shows a negative count`,
        );
        claim(sum <= held, `instance ${i} shows ${sum} calls in flight, where ${held} are`);
      }
    },
  },
];
