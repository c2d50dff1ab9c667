import type { ModelKey, PoolModel } from './pool-model';
import { isRemoved, isCoolingDown } from './pool-model';
import type { PoolWorld } from './pool-world';
import { LONGEST_TRIAL, MINUTE } from './rules';
import type { Waiting, WaitingModel } from './waiting-world';

/** What always holds of a pool: as a sentence, and how it shows. Each of these throws where it does not hold. */
export interface Sentence {
  readonly text: string;
  /** A key was asked for, and this one, or none, was handed out, to one who could have waited or not; the model does not know yet. */
  leased?(
    model: PoolModel,
    world: PoolWorld,
    n: number | undefined,
    wanted: string | undefined,
    canWait: boolean,
  ): void;
  /** Someone who waited gets this key; still counted among those who wait. */
  served?(model: WaitingModel, world: PoolWorld, waiter: Waiting, n: number): void;
  /** After each command. */
  always?(model: PoolModel, world: PoolWorld): void;
  /** At the end, when all calls are settled, all keys enabled and found good, and much time has passed. */
  finally?(model: PoolModel, world: PoolWorld): void;
}

export const claim = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise);
};
const at = (ms: number | undefined): string => (ms === undefined ? 'none' : new Date(ms).toISOString());
const plain = (counts: ReadonlyMap<string, number>): string => JSON.stringify([...counts].sort());

/** Each time that a key shows, beside what the model knows of it. */
function* times({ keys }: PoolModel, world: PoolWorld) {
  const { now } = world;
  for (const [n, key] of keys) {
    const shown = world.shown(n)!;
    const isCooling = isCoolingDown(key) && key.cooldown!.span.least > now;
    const { outlierUntil } = key;
    yield {
      what: `the cooldown of key ${n}`,
      span: isCooling ? key.cooldown!.span : undefined,
      shown: shown.cooldownUntil,
      outlierUntil,
    };
    const rechecked = isRemoved(key) && key.enabled;
    yield { what: `the re-check of key ${n}`, span: rechecked ? key.recheck : undefined, shown: shown.recheckAt };
    for (const model of ['x', 'y']) {
      const span = key.modelCooldowns.get(model)?.span;
      yield {
        what: `the cooldown of key ${n} for ${model}`,
        span: span && span.least > now ? span : undefined,
        shown: shown.cooldowns.find((each) => each.model === model)?.until,
      };
    }
  }
}

const serves = ({ models }: ModelKey, wanted: string | undefined): boolean =>
  wanted === undefined || models === undefined || models.includes(wanted);

/** It never gave cause for care, and nothing keeps it from such a call. */
export const isFreeFor = (key: ModelKey, wanted: string | undefined, model: PoolModel, now: number): boolean =>
  model.statusOf(key, now) === 'healthy' &&
  key.outlierUntil <= now &&
  !key.isSlow &&
  key.inFlight < key.concurrency &&
  serves(key, wanted);

export const SENTENCES: readonly Sentence[] = [
  {
    text: 'a removed key is never leased: no invalid, exhausted, disabled or deleted one, and none that was not checked yet',
    leased: (model, world, n) => {
      if (n === undefined) return;
      const key = model.keys.get(n);
      const expected = key ? model.statusOf(key, world.now) : 'deleted';
      claim(
        !key || !['invalid_key', 'quota_exceeded', 'disabled', 'unchecked'].includes(expected),
        `key ${n} is ${expected}`,
      );
      claim(key !== undefined, `key ${n} is ${expected}`);
    },
  },
  {
    text: 'a cooling-down key is never leased, and one that cools down for a model never for that model',
    leased: (model, world, n, wanted) => {
      const key = n === undefined ? undefined : model.keys.get(n);
      if (!key) return;
      const ends = isCoolingDown(key) ? key.cooldown!.span.least : 0;
      claim(ends <= world.now, `key ${n} cools down until ${at(ends)}`);
      const endsForModel = key.modelCooldowns.get(wanted ?? '')?.span.least ?? 0;
      claim(endsForModel <= world.now, `key ${n} cools down for ${wanted} until ${at(endsForModel)}`);
      claim(serves(key, wanted), `key ${n} is not for ${wanted}`);
    },
  },
  {
    text: 'a cooldown or re-check is never shortened',
    always: (model, world) => {
      for (const { what, span, shown } of times(model, world)) {
        const ends = shown?.getTime();
        if (span) claim(ends !== undefined && ends >= span.least, `${what} ends ${at(ends)}, before ${at(span.least)}`);
      }
    },
  },
  {
    text: 'no cooldown or re-check is longer than the rules say',
    always: (model, world) => {
      for (const { what, span, shown, outlierUntil = 0 } of times(model, world)) {
        const most = Math.max(span?.most ?? world.now, outlierUntil);
        claim((shown?.getTime() ?? 0) <= most, `${what} ends ${at(shown?.getTime())}, after ${at(most)}`);
      }
    },
  },
  {
    text: 'a key stands as its last settlement says, until time, a good probe or an administrator changes that',
    always: (model, world) => {
      for (const [n, key] of model.keys) {
        const expected = model.statusOf(key, world.now);
        const mayBe: string[] = expected === key.status ? [...key.possibleStatuses] : [expected];
        if (key.outlierUntil > world.now && (expected === 'healthy' || isCoolingDown(key))) mayBe.push('cooling_down');
        const { status } = world.shown(n)!;
        claim(mayBe.includes(status), `key ${n} is ${status} and should be ${mayBe.join(' or ')}`);
      }
    },
  },
  {
    text: 'after a cooldown one call goes alone, until one succeeds, or for ten seconds at the most',
    leased: (model, { now }, n, wanted) => {
      const key = n === undefined ? undefined : model.keys.get(n);
      if (!key) return;
      const alone = (since: number, forModel?: string): void => {
        const others = model.open.filter(
          (each) =>
            each.key === key &&
            each.startedAt >= since &&
            each.startedAt > now - LONGEST_TRIAL &&
            (forModel === undefined || each.model === forModel),
        );
        claim(others.length === 0, `key ${n} is on trial, and has ${others.length} calls already`);
      };
      if (key.cooldown && !key.cooldown.isTried) alone(key.cooldown.span.least);
      const forModel = key.modelCooldowns.get(wanted ?? '');
      if (forModel && !forModel.isTried) alone(forModel.span.least, wanted);
    },
  },
  {
    text: 'a stated limit of calls in flight is never exceeded',
    leased: (model, _, n) => {
      const key = n === undefined ? undefined : model.keys.get(n);
      if (key) claim(key.inFlight < key.concurrency, `key ${n} has ${key.inFlight} calls in flight already`);
    },
  },
  {
    text: 'a key that never gave cause for care is found while it is free',
    leased: (model, { now }, n, wanted) => {
      // The circuit breaker may be open.
      if (n !== undefined || model.vendorFaults >= 18 || model.statedFaults >= 2) return;
      for (const key of model.keys.values())
        claim(!isFreeFor(key, wanted, model, now), `key ${key.n} is free, and no key was found`);
    },
  },
  {
    text: 'in-flight counts never go negative and return to zero',
    always: (model, world) => {
      for (const [n, key] of model.keys) {
        const { inFlight } = world.shown(n)!;
        claim(inFlight === key.inFlight, `key ${n} shows ${inFlight} calls in flight, where ${key.inFlight} are`);
      }
    },
    finally: (model, world) => {
      for (const n of model.keys.keys())
        claim(world.shown(n)!.inFlight === 0, `key ${n} has calls in flight at the end`);
    },
  },
  {
    text: 'statistics equal the settles',
    always: (model, world) => {
      for (const [n, key] of model.keys) {
        const { successCount, errorCount } = world.shown(n)!;
        const shown = `${successCount} successes and ${errorCount} errors`;
        claim(
          successCount === key.successes && errorCount === key.errors,
          `key ${n} shows ${shown}, where ${key.successes} and ${key.errors} were settled`,
        );
      }
      world.pools.flushCalls();
      claim(
        plain(world.settledOutcomes) === plain(model.outcomes),
        `saw ${plain(world.settledOutcomes)}, not ${plain(model.outcomes)}`,
      );
      claim(world.removals === model.removals, `${world.removals} removals told of, where ${model.removals} were`);
    },
  },
  {
    text: 'no key is lost: when all is well again, each can be used again',
    finally: (model, world) => {
      for (const key of model.keys.values()) {
        for (const wanted of [undefined, 'x', 'y'].filter((each) => serves(key, each))) {
          const exclude = new Set([...model.keys.keys()].filter((n) => n !== key.n).map((n) => world.id(n)));
          // However slow a key was found to be, it may be called again by now.
          world.clock.skip(MINUTE);
          const lease = world.pools.lease('openai', { model: wanted, exclude });
          claim(lease !== undefined, `key ${key.n} cannot be used for ${wanted ?? 'calls without a model'}`);
          lease!.settle('ok');
        }
      }
      const { size } = world.pool;
      claim(size === model.keys.size, `the pool has ${size} keys, and should have ${model.keys.size}`);
    },
  },
];
