import type { Policy } from './policy';
import { seededRandom } from '../../test/support/seeded-random';
import { VirtualVendor, type VendorShape } from './vendor';
import { VirtualClock } from './virtual-clock';

const DURATION_MS = 300_000;
const MAX_WAIT_MS = 2_000;

export interface Figures {
  /** Goodput: successful calls as a share of those that could have succeeded. */
  readonly goodput: number;
  readonly refusedPer100: number;
}

/** Simulates five minutes of calls at random moments. The load is a multiple of what the keys allow together. */
export async function simulate(policy: Policy, shape: VendorShape, load: number, seed: number): Promise<Figures> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const vendor = new VirtualVendor(shape, clock, random);
  const capacity = shape.rates.reduce((sum, rate) => sum + rate, 0);
  const call = policy.start({ clock, vendor, keys: shape.rates.length, random, maxWaitMs: MAX_WAIT_MS });
  let offered = 0;
  let good = 0;
  const arrive = (): void => {
    clock.after((-Math.log(1 - random()) / (capacity * load)) * 1_000, () => {
      if (clock.now() >= DURATION_MS) return;
      offered += 1;
      void call().then((success) => {
        if (success) good += 1;
      });
      arrive();
    });
  };
  arrive();
  await clock.runUntil(DURATION_MS + MAX_WAIT_MS + 1_000);
  const most = Math.min(offered, (capacity * DURATION_MS) / 1_000 + shape.burst * shape.rates.length);
  return { goodput: good / most, refusedPer100: (vendor.refused / Math.max(1, good)) * 100 };
}
