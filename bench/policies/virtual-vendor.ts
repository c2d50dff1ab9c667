import type { Cost } from './limits';
import { Served, type ServedTimes } from './served';
import type { Account, Answer, VendorAccounts, VendorCall } from './vendor';
import type { VirtualClock } from './virtual-clock';

/** The vendor in virtual time. */
export class VirtualVendor {
  readonly served: Served;
  /** What outside users of the accounts took while calls came, in the dimension that is limited. */
  outside = 0;

  constructor(
    readonly limits: VendorAccounts,
    private readonly clock: VirtualClock,
    private readonly random: () => number,
    private readonly times: ServedTimes,
  ) {
    this.served = new Served(limits.dimension, times);
  }

  /** Makes one request. The vendor decides on arrival and answers after the latency. */
  async call(call: VendorCall): Promise<Answer> {
    const [least, most] = this.limits.shape.latencyMs;
    const latency = least + this.random() * (most - least);
    await this.clock.sleep(latency / 2);
    const answer = this.limits.answer(call, this.clock.now());
    this.served.count(answer.ok, call.tokens, this.clock.now());
    await this.clock.sleep(latency / 2);
    return answer;
  }

  /** A request of somebody who knows that it fits, and is there at once. */
  serve(account: Account, cost: Cost): void {
    account.take(cost, this.clock.now());
    this.served.count(true, cost.tokens, this.clock.now());
  }

  /** A request by outside users of the account. */
  callFromOutside(account: Account, cost: Cost): void {
    const now = this.clock.now();
    if (account.waitMs(cost, now) > 0) return;
    account.take(cost, now);
    if (now <= this.times.endsAt) this.outside += cost[this.limits.dimension];
  }
}
