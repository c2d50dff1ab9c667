import fc from 'fast-check';
import { seededRandom } from '../../../../test/support/seeded-random';
import { SharesSimulation, type SimulatedInstance, type Trouble } from '../../../../test/support/shares-simulation';

const RUNS = 25;
const ACCOUNTS = ['x', 'y', 'z'];
/** After the store is back, so long at the most is used what no leader gave; milliseconds. */
const FALLBACK_MS = 6_000;

/** What happens beside calls that come and go. */
interface Story {
  readonly seed: number;
  readonly instances: number;
  readonly quantum: number;
  readonly trouble: Trouble;
  readonly deaths: boolean;
  readonly outages: boolean;
}

const stories = (trouble: fc.Arbitrary<Trouble>, more: { deaths: boolean; outages: boolean }): fc.Arbitrary<Story> =>
  fc
    .record({
      seed: fc.integer(),
      instances: fc.integer({ min: 2, max: 5 }),
      quantum: fc.constantFrom(0.001, 0.1, 0.2, 0.25, 1 / 3, 0.5, 1),
      trouble,
    })
    .map((story) => ({ ...story, ...more }));

/** Plays some 40 s, in which instances start, ask, use, die and leave. Answers what was seen. */
async function play(story: Story) {
  const random = seededRandom(story.seed);
  const simulation = new SharesSimulation(random, story.trouble);
  const most = { parts: 0, excess: 0, occupied: 0 };
  const without = new Map<SimulatedInstance, { readonly at: number; readonly equal: number }>();
  simulation.check = () => {
    for (const each of simulation.alive)
      if (!each.isServed) without.set(each, { at: simulation.now, equal: 1 / each.known });
    for (const [each, { at }] of without) if (!each.isAlive || simulation.now - at >= FALLBACK_MS) without.delete(each);
    // Each that is without the store may use an equal part; where that is below one call, one of them may use that.
    const equal = sum([...without.values()].map((each) => each.equal));
    const allowed = 1 + (without.size > 0 ? Math.max(equal, story.quantum) : 0);
    for (const account of ACCOUNTS) {
      const parts = sum(simulation.alive.map((each) => each.part(account)));
      most.parts = Math.max(most.parts, parts);
      most.excess = Math.max(most.excess, parts / allowed);
      most.occupied = Math.max(most.occupied, sum(simulation.alive.map((each) => each.occupies(account))));
    }
  };
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  let started = 0;
  const start = () => simulation.start(`i${started++}`);
  for (let i = 0; i < story.instances; i += 1) start();
  for (let step = 0; step < 200; step += 1) {
    if (simulation.alive.length === 0) start();
    const instance = pick(simulation.alive);
    const account = pick(ACCOUNTS);
    const dice = random();
    if (dice < 0.5) instance.want(account, random() < 0.4 ? 0 : random() * 2, story.quantum);
    else if (dice < 0.8) use(instance, account, random);
    else if (dice < 0.84 && story.deaths && simulation.alive.length > 1) instance.kill();
    else if (dice < 0.86 && story.deaths && simulation.alive.length > 1) void instance.stop();
    else if (dice < 0.9 && simulation.alive.length < 6 && !simulation.isAway) start();
    else if (dice < 0.93 && story.outages) simulation.isAway = !simulation.isAway;
    for (const each of simulation.alive) release(each, random);
    await simulation.run(random() * 400);
  }
  simulation.isAway = false;
  return { simulation, most };
}

/** Uses some of what it may use. */
function use(instance: SimulatedInstance, account: string, random: () => number): void {
  const used = random() * instance.part(account);
  instance.bounds.set(account, Math.max(instance.bounds.get(account) ?? 0, used));
}

function release(instance: SimulatedInstance, random: () => number): void {
  for (const [account, bound] of instance.bounds)
    if (random() < 0.3) instance.bounds.set(account, random() < 0.5 ? 0 : bound * random());
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const EXACT = 1 + 1e-9;
/** A count of units that lacks a millionth of one is taken for whole (`ROUNDING` of `divide.ts`), and the units of all are the whole at the most. */
const IN_WHOLE_UNITS = EXACT + 1e-6;

describe('limits that instances share, whatever happens', () => {
  const delays = fc.record({
    delayMs: fc.constantFrom(1, 50, 400),
    lost: fc.constant(0),
    skewMs: fc.constantFrom(0, 1_000),
    drift: fc.constant(0),
  });
  const anything = fc.record({
    delayMs: fc.constantFrom(1, 50, 800, 3_000, 9_000),
    lost: fc.constantFrom(0, 0.1, 0.5),
    skewMs: fc.constantFrom(0, 2_000, 3_600_000),
    drift: fc.constantFrom(0, 0.04),
  });

  const reachable = fc.record({
    delayMs: fc.constantFrom(1, 50, 300),
    lost: fc.constantFrom(0, 0.1, 0.3),
    skewMs: fc.constantFrom(0, 2_000),
    drift: fc.constantFrom(0, 0.04),
  });

  it('never add up to more than there is: delays, deaths, leaders in turn, clocks apart', async () => {
    await fc.assert(
      fc.asyncProperty(stories(delays, { deaths: true, outages: false }), async (story) => {
        const { most } = await play(story);
        expect(most.parts).toBeLessThanOrEqual(EXACT);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('the same where a store that is late by seconds, or loses what it tells, counts as away', async () => {
    await fc.assert(
      fc.asyncProperty(stories(anything, { deaths: true, outages: false }), async (story) => {
        const { most } = await play(story);
        expect(most.excess).toBeLessThanOrEqual(EXACT);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('never add up to more than there is, with what was used and cannot be given back', async () => {
    await fc.assert(
      fc.asyncProperty(stories(delays, { deaths: false, outages: false }), async (story) => {
        const { most } = await play(story);
        expect(most.occupied).toBeLessThanOrEqual(IN_WHOLE_UNITS);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('never add up to more than there is, and an equal part of each that is without the store', async () => {
    await fc.assert(
      fc.asyncProperty(stories(delays, { deaths: true, outages: true }), async (story) => {
        const { most } = await play(story);
        expect(most.excess).toBeLessThanOrEqual(EXACT);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('reach everybody who waits', async () => {
    await fc.assert(
      fc.asyncProperty(stories(reachable, { deaths: true, outages: true }), async (story) => {
        const { simulation } = await play(story);
        for (const each of simulation.alive) {
          for (const account of ACCOUNTS) each.want(account, 0, story.quantum);
          each.bounds.clear();
        }
        // What was lost is read again within two seconds; nobody is held up for ever by what is under way.
        await simulation.run(30_000);
        // Who was about to leave has left by then, and waits for nothing.
        const waiting = new Set(simulation.alive);
        for (const each of waiting) each.want('x', 1, story.quantum);
        simulation.check = () => {
          for (const each of waiting) if (each.part('x') >= story.quantum - 1e-9) waiting.delete(each);
        };
        // Who is alone has it without anything that happens.
        simulation.check();
        await simulation.run(60_000);
        expect([...waiting].map(({ id }) => id)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
