import { seededRandom } from '../../test/support/seeded-random';
import type { AppCall, Instance, Policy, Situation } from './policy';
import type { Scenario } from './scenario';
import { refusedPer100 } from './served';
import { VendorAccounts, type Account } from './vendor';
import { BEGINNING, VirtualClock } from './virtual-clock';
import { VirtualVendor } from './virtual-vendor';

/** Instances are up for this long before the first call comes. Milliseconds. */
const LEAD_MS = 6_000;
const STARTS_AT = BEGINNING + LEAD_MS;
/** What is refused in the first seconds is also counted apart. */
export const FIRST_MS = 5_000;
const STEP_MS = 1_000;

export interface Figures {
  /** Calls that came. */
  readonly offered: number;
  /** What was served while calls came, as a share of what could have been. */
  readonly goodput: number;
  readonly refusedPer100: number;
  /** The same after the first five seconds. */
  readonly refusedLaterPer100: number;
  /** Calls that ended without success. */
  readonly lost: number;
}

/** Simulates one scenario: calls come at random moments, and all that wait are waited for. */
export async function simulate(policy: Policy, scenario: Scenario, seed: number): Promise<Figures> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const limits = new VendorAccounts(scenario.vendor, STARTS_AT, random);
  const endsAt = STARTS_AT + scenario.durationMs;
  const vendor = new VirtualVendor(limits, clock, seededRandom(seed + 1), { laterFrom: STARTS_AT + FIRST_MS, endsAt });
  const app = new App(policy, { clock, vendor, random: seededRandom(seed + 2), scenario, startsAt: STARTS_AT });
  for (let n = 0; n < scenario.instances; n += 1) app.join();
  await clock.runUntil(STARTS_AT);
  for (const { atMs, what } of scenario.changes ?? []) clock.after(atMs, () => app[what]());
  const { change } = scenario.vendor;
  if (change) clock.after(change.atMs, () => limits.scale(change.factor, clock.now()));
  let offered = 0;
  let units = 0;
  const calls = callsOf(scenario, random);
  const gapMs = calls.meanUnits / (limits.perMs * scenario.load);
  every(clock, gapMs, endsAt, random, () => {
    const call = calls.next();
    offered += 1;
    units += limits.dimension === 'tokens' ? call.tokens : 1;
    app.call(call, random());
  });
  if (scenario.outside !== undefined) outsiders(vendor, clock, endsAt, random, scenario);
  await clock.runUntil(endsAt);
  const lastAt = endsAt + scenario.maxWaitMs + 30_000;
  while (app.underWay > 0 && clock.now() < lastAt) await clock.runUntil(clock.now() + STEP_MS);
  const { all, later, within } = vendor.served;
  const most = Math.min(units, limits.mostWithin(scenario.durationMs) - vendor.outside);
  return {
    offered,
    goodput: within.units / most,
    refusedPer100: refusedPer100(all),
    refusedLaterPer100: refusedPer100(later),
    lost: app.lost + app.underWay,
  };
}

/** Does something at random moments, so far apart in the mean, until that time. */
function every(clock: VirtualClock, gapMs: number, until: number, random: () => number, act: () => void): void {
  clock.after(-Math.log(1 - random()) * gapMs, () => {
    if (clock.now() >= until) return;
    act();
    every(clock, gapMs, until, random, act);
  });
}

/** The calls that come, one after the other, and what they take in the mean. */
export function callsOf(
  { tokens }: Pick<Scenario, 'tokens'>,
  random: () => number,
): { meanUnits: number; next: () => AppCall } {
  if (!tokens) return { meanUnits: 1, next: () => ({ tokens: 100, estimatedTokens: undefined }) };
  const { least, most, estimate } = tokens;
  const next = (): AppCall => {
    // Of small requests there are more than of great ones.
    const size = Math.round(least * (most / least) ** random());
    const error = 1 + (typeof estimate === 'number' ? estimate * (2 * random() - 1) : 0);
    return { tokens: size, estimatedTokens: estimate === undefined ? undefined : Math.round(size * error) };
  };
  return { meanUnits: (most - least) / Math.log(most / least), next };
}

/** Others who use the same accounts. */
function outsiders(
  vendor: VirtualVendor,
  clock: VirtualClock,
  endsAt: number,
  random: () => number,
  { outside = 0 }: Scenario,
): void {
  const { accounts, perMs } = vendor.limits;
  const gapMs = accounts.length / (perMs * outside);
  const use = (account: Account): void => {
    every(clock, gapMs, endsAt, random, () => vendor.callFromOutside(account, { requests: 1, tokens: 100 }));
  };
  for (const account of accounts) use(account);
}

interface Member {
  readonly instance: Instance;
  isReady: boolean;
  underWay: number;
  state: 'serves' | 'leaves' | 'dead';
}

/** The processes of the app, and a load balancer in front of them. */
class App {
  readonly #start: (instance: number) => Instance;
  readonly #members: Member[] = [];
  lost = 0;

  constructor(
    policy: Policy,
    private readonly situation: Situation,
  ) {
    this.#start = policy.start(situation);
  }

  get underWay(): number {
    return this.#members.reduce((sum, { state, underWay }) => (state === 'dead' ? sum : sum + underWay), 0);
  }

  join(): void {
    const instance = this.#start(this.#members.length);
    const member: Member = { instance, isReady: false, underWay: 0, state: 'serves' };
    this.#members.push(member);
    void instance.ready.then(() => (member.isReady = true));
  }

  /** The oldest instance is stopped: it ends its calls and says goodbye. */
  leave(): void {
    const member = this.#serving()[0]!;
    member.state = 'leaves';
    if (member.underWay === 0) member.instance.leave();
  }

  /** The oldest instance is killed. */
  die(): void {
    const member = this.#serving()[0]!;
    member.state = 'dead';
    member.instance.die();
  }

  /** @param chance Which instance the load balancer chooses; 0 ≤ chance < 1. */
  call(call: AppCall, chance: number): void {
    const member = this.#chosen(chance);
    member.underWay += 1;
    void member.instance.call(call).then((success) => {
      if (member.state === 'dead') return;
      member.underWay -= 1;
      if (!success) this.lost += 1;
      if (member.state === 'leaves' && member.underWay === 0) member.instance.leave();
    });
  }

  #serving(): Member[] {
    return this.#members.filter(({ state, isReady }) => state === 'serves' && isReady);
  }

  #chosen(chance: number): Member {
    const { skew = 0 } = this.situation.scenario;
    const serving = this.#serving();
    if (chance < skew) return serving[0]!;
    const rest = skew > 0 ? serving.slice(1) : serving;
    return rest[Math.floor(((chance - skew) / (1 - skew)) * rest.length)]!;
  }
}
