import { apart, type Policy, type Situation } from './policy';

const ATTEMPTS = 4;

/** What each of the peers needs to know. */
interface Own extends Situation {
  readonly keys: number;
  /** Makes one request with the key; its answer. */
  readonly request: (key: number, tokens: number) => Promise<{ ok: boolean; retryAfterMs: number }>;
}

const own = (situation: Situation): Own => ({
  ...situation,
  keys: situation.vendor.limits.keys,
  request: (key, tokens) => situation.vendor.call({ key, tokens }),
});

/** Round robin; a refused key cools down for a minute. What most key pools do. Instances know nothing of each other, nor of tokens. */
export const fixedCooldown: Policy = {
  name: 'round robin, fixed cooldown of 60 s',
  start: (situation) => () => {
    const { clock, keys, request } = own(situation);
    const cooldownUntil = new Float64Array(keys);
    let next = 0;
    return apart(async ({ tokens }) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const key = firstFree(cooldownUntil, clock.now(), () => next++ % keys);
        if (key === undefined) return false;
        const { ok } = await request(key, tokens);
        if (ok) return true;
        cooldownUntil[key] = clock.now() + 60_000;
      }
      return false;
    });
  },
};

/** Round robin without state: after a failure the next key is tried. */
export const blindRetry: Policy = {
  name: 'round robin, blind retry',
  start: (situation) => () => {
    const { keys, request } = own(situation);
    let next = 0;
    return apart(async ({ tokens }) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if ((await request(next++ % keys, tokens)).ok) return true;
      }
      return false;
    });
  },
};

/** Best of two random keys; a refused one cools down as long as Retry-After says; calls wait for the soonest. */
export const retryAfterCooldown: Policy = {
  name: 'best of two, cooldown by Retry-After',
  start: (situation) => () => {
    const { clock, keys, request, random, scenario } = own(situation);
    const cooldownUntil = new Float64Array(keys);
    const inFlight = new Int32Array(keys);
    return apart(async ({ tokens }) => {
      const endsAt = clock.now() + scenario.maxWaitMs;
      for (;;) {
        const key = bestOfTwo(cooldownUntil, inFlight, clock.now(), random);
        if (key === undefined) {
          const soonest = cooldownUntil.reduce((least, each) => Math.min(least, each));
          if (soonest > endsAt) return false;
          await clock.sleep(Math.max(1, soonest - clock.now()));
          continue;
        }
        inFlight[key]! += 1;
        const { ok, retryAfterMs } = await request(key, tokens);
        inFlight[key]! -= 1;
        if (ok) return true;
        cooldownUntil[key] = clock.now() + retryAfterMs;
        if (clock.now() > endsAt) return false;
      }
    });
  },
};

function firstFree(cooldownUntil: Float64Array, now: number, next: () => number): number | undefined {
  for (let look = 0; look < cooldownUntil.length; look += 1) {
    const key = next();
    if (cooldownUntil[key]! <= now) return key;
  }
  return undefined;
}

function bestOfTwo(
  cooldownUntil: Float64Array,
  inFlight: Int32Array,
  now: number,
  random: () => number,
): number | undefined {
  const free = [...cooldownUntil.keys()].filter((key) => cooldownUntil[key]! <= now);
  if (free.length === 0) return undefined;
  const [first, other] = [free[Math.floor(random() * free.length)]!, free[Math.floor(random() * free.length)]!];
  return inFlight[first]! <= inFlight[other]! ? first : other;
}
