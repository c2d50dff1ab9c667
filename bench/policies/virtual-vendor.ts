import type { Cost } from './limits';
import type { Account, Answer, VendorAccounts, VendorCall } from './vendor';
import type { VirtualClock } from './virtual-clock';

/** What the vendor has served. */
export interface Served {
  good: number;
  refused: number;
  /** In the dimension that is limited, of the good ones. */
  units: number;
}

const none = (): Served => ({ good: 0, refused: 0, units: 0 });

/** The vendor in virtual time. */
export class VirtualVendor {
  /** All that was served, and what came after the first seconds. */
  readonly all = none();
  readonly later = none();
  /** What was served within the time that calls come. */
  readonly within = none();
  /** What outside users of the accounts took within that time, in the dimension that is limited. */
  outside = 0;

  constructor(
    readonly limits: VendorAccounts,
    private readonly clock: VirtualClock,
    private readonly random: () => number,
    private readonly times: { readonly laterFrom: number; readonly endsAt: number },
  ) {}

  /** Makes one request. The vendor decides on arrival and answers after the latency. */
  async call(call: VendorCall): Promise<Answer> {
    const [least, most] = this.limits.shape.latencyMs;
    const latency = least + this.random() * (most - least);
    await this.clock.sleep(latency / 2);
    const answer = this.limits.answer(call, this.clock.now());
    this.#count(answer.ok, call.tokens);
    await this.clock.sleep(latency / 2);
    return answer;
  }

  /** A request of somebody who knows that it fits, and is there at once. */
  serve(account: Account, cost: Cost): void {
    account.take(cost, this.clock.now());
    this.#count(true, cost.tokens);
  }

  /** A request by outside users of the account. */
  callFromOutside(account: Account, cost: Cost): void {
    const now = this.clock.now();
    if (account.waitMs(cost, now) > 0) return;
    account.take(cost, now);
    if (now <= this.times.endsAt) this.outside += cost[this.limits.dimension];
  }

  #count(ok: boolean, tokens: number): void {
    const now = this.clock.now();
    const units = this.limits.dimension === 'tokens' ? tokens : 1;
    const counts = [this.all];
    if (now >= this.times.laterFrom) counts.push(this.later);
    if (now <= this.times.endsAt) counts.push(this.within);
    for (const count of counts) {
      if (ok) {
        count.good += 1;
        count.units += units;
      } else count.refused += 1;
    }
  }
}
