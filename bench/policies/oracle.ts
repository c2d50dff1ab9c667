import type { Cost } from './limits';
import { apart, type Policy } from './policy';
import type { Account } from './vendor';
import type { VirtualClock } from './virtual-clock';
import type { VirtualVendor } from './virtual-vendor';

/** Calls that may pass one that waits, before the account that fits it the soonest is kept for it. */
const MOST_OVERTAKEN = 16;

interface Waiting {
  readonly cost: Cost;
  readonly endsAt: number;
  readonly end: (success: boolean) => void;
  overtaken: number;
}

/** One scheduler for all instances that sees into the vendor's buckets and reaches it in no time. */
class Oracle {
  #waiting: Waiting[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly vendor: VirtualVendor,
    private readonly clock: VirtualClock,
    private readonly mostOvertaken: number,
  ) {}

  call(tokens: number, maxWaitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const endsAt = this.clock.now() + maxWaitMs;
      this.#waiting.push({ cost: { requests: 1, tokens }, endsAt, end: resolve, overtaken: 0 });
      this.#serve();
    });
  }

  #serve(): void {
    const now = this.clock.now();
    const { accounts, dimension } = this.vendor.limits;
    const isSized = dimension === 'tokens';
    const left: Waiting[] = [];
    const free = new Set(accounts);
    let nextAt = Infinity;
    for (const [at, call] of this.#waiting.entries()) {
      // All calls are alike: what does not fit the first fits nobody.
      if (!isSized && left.length > 0) {
        left.push(...this.#waiting.slice(at));
        break;
      }
      const account = call.endsAt <= now ? undefined : scarcest(free, call.cost, now);
      if (account) {
        this.vendor.serve(account, call.cost);
        for (const passed of left) passed.overtaken += 1;
        call.end(true);
      } else if (call.endsAt <= now) call.end(false);
      else {
        left.push(call);
        nextAt = Math.min(nextAt, call.endsAt);
        // Where every account is kept for a call before it, it is looked at again when that one has gone.
        const soonest = soonestOf(free, call.cost, now);
        if (!soonest) continue;
        nextAt = Math.min(nextAt, now + soonest.waitMs(call.cost, now));
        if (call.overtaken >= this.mostOvertaken) free.delete(soonest);
      }
    }
    this.#waiting = left;
    this.#cancelTimer?.();
    this.#cancelTimer = nextAt < Infinity ? this.clock.after(nextAt - now, () => this.#serve()) : undefined;
  }
}

/** Of the accounts in which the call fits, the one that is full, or starts afresh, the soonest: what it has left then is nobody's. */
function scarcest(accounts: Iterable<Account>, cost: Cost, now: number): Account | undefined {
  let found: Account | undefined;
  let least = Infinity;
  for (const account of accounts) {
    if (account.waitMs(cost, now) > 0) continue;
    const resetMs = Math.min(...account.meters.map((meter) => meter.reading(now).resetMs));
    if (resetMs < least) [found, least] = [account, resetMs];
  }
  return found;
}

function soonestOf(accounts: Iterable<Account>, cost: Cost, now: number): Account | undefined {
  let [found] = accounts;
  for (const account of accounts) if (account.waitMs(cost, now) < found!.waitMs(cost, now)) found = account;
  return found;
}

const oracleOf = (name: string, mostOvertaken: number): Policy => ({
  name,
  start: ({ vendor, clock, scenario }) => {
    const oracle = new Oracle(vendor, clock, mostOvertaken);
    return () => apart(({ tokens }) => oracle.call(tokens, scenario.maxWaitMs));
  },
});

/** Whatever fits goes. */
export const greedyOracle = oracleOf('oracle, greedy', Infinity);
/** No call is passed by more than a few others. */
export const fairOracle = oracleOf('oracle, bounded overtaking', MOST_OVERTAKEN);
