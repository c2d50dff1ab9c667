import type { Policy, Situation } from './policy';

const ATTEMPTS = 4;

/** Round robin; a refused key cools down for a minute. What most key pools do. */
export const fixedCooldown: Policy = {
  name: 'round robin, fixed cooldown of 60 s',
  start: (situation) => {
    const cooldownUntil = new Float64Array(situation.keys);
    let next = 0;
    return async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const key = pick(situation, cooldownUntil, () => next++ % situation.keys);
        if (key === undefined) return false;
        const { ok } = await situation.vendor.call(key);
        if (ok) return true;
        cooldownUntil[key] = situation.clock.now() + 60_000;
      }
      return false;
    };
  },
};

/** Round robin without state: after a failure the next key is tried. */
export const blindRetry: Policy = {
  name: 'round robin, blind retry',
  start: ({ vendor, keys }) => {
    let next = 0;
    return async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if ((await vendor.call(next++ % keys)).ok) return true;
      }
      return false;
    };
  },
};

/** Best of two random keys; a refused one cools down as long as Retry-After says; calls wait for the soonest. */
export const retryAfterCooldown: Policy = {
  name: 'best of two, cooldown by Retry-After',
  start: (situation) => {
    const { clock, vendor, keys, random, maxWaitMs } = situation;
    const cooldownUntil = new Float64Array(keys);
    const inFlight = new Int32Array(keys);
    return async () => {
      const endsAt = clock.now() + maxWaitMs;
      for (;;) {
        const key = bestOfTwo(situation, cooldownUntil, inFlight, random);
        if (key === undefined) {
          const soonest = Math.min(...cooldownUntil);
          if (soonest > endsAt) return false;
          await clock.sleep(Math.max(1, soonest - clock.now()));
          continue;
        }
        inFlight[key]! += 1;
        const { ok, retryAfterMs } = await vendor.call(key);
        inFlight[key]! -= 1;
        if (ok) return true;
        cooldownUntil[key] = clock.now() + retryAfterMs;
        if (clock.now() > endsAt) return false;
      }
    };
  },
};

function pick({ clock, keys }: Situation, cooldownUntil: Float64Array, next: () => number): number | undefined {
  for (let look = 0; look < keys; look += 1) {
    const key = next();
    if (cooldownUntil[key]! <= clock.now()) return key;
  }
  return undefined;
}

function bestOfTwo(
  { clock }: Situation,
  cooldownUntil: Float64Array,
  inFlight: Int32Array,
  random: () => number,
): number | undefined {
  const free = [...cooldownUntil.keys()].filter((key) => cooldownUntil[key]! <= clock.now());
  if (free.length === 0) return undefined;
  const [one, other] = [free[Math.floor(random() * free.length)]!, free[Math.floor(random() * free.length)]!];
  return inFlight[one]! <= inFlight[other]! ? one : other;
}
