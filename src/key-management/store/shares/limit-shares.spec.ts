import { seededRandom } from '../../../../test/support/seeded-random';
import { SharesSimulation, type SimulatedInstance, type Trouble } from '../../../../test/support/shares-simulation';

const A = 'account';

function simulate(trouble?: Partial<Trouble>, seed = 1) {
  const simulation = new SharesSimulation(seededRandom(seed), { delayMs: 2, lost: 0, skewMs: 0, drift: 0, ...trouble });
  return simulation;
}

const parts = (instances: readonly SimulatedInstance[]) => instances.map((instance) => instance.part(A));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('limits that instances share', () => {
  it('are all of the only instance that uses them, at once', async () => {
    const simulation = simulate();
    const [a] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 0.1);
    await simulation.run(50);
    expect(parts(simulation.instances)).toEqual([1, 0]);
  });

  it('come with what was learned of them, told to the others', async () => {
    const simulation = simulate();
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 0.1);
    await simulation.run(1_000);
    a.learned = [{ account: A, model: 'm', dimension: 'requests', perMs: 0.002, calls: 7 }];
    await simulation.run(200);
    const late = simulation.start('late');
    await simulation.run(200);
    expect([a.heard, b.heard, late.heard]).toEqual([
      [],
      [{ account: A, model: 'm', dimension: 'requests', perMs: 0.002, calls: 7 }],
      [{ account: A, model: 'm', dimension: 'requests', perMs: 0.002, calls: 7 }],
    ]);
  });

  it('go to another that asks within milliseconds, and no more often than it must', async () => {
    const simulation = simulate();
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 0.3);
    await simulation.run(5_000);
    b.want(A, 0.3);
    await simulation.run(100);
    expect(b.part(A)).toBeGreaterThan(0.35);
    expect(sum(parts([a, b]))).toBeLessThanOrEqual(1);
    simulation.writes = 0;
    await simulation.run(15_000);
    // One of the two leads, and reports to itself: the other renews each 1.5 s, and is answered.
    expect(simulation.writes).toBeLessThanOrEqual(24);
    expect(sum(parts([a, b]))).toBeCloseTo(1, 6);
  });

  it('are divided by demand', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c', 'd'].map((id) => simulation.start(id));
    for (const [i, wanted] of [2, 0.1, 0.1, 0.1].entries()) all[i]!.want(A, wanted);
    await simulation.run(3_000);
    const [first, ...others] = parts(all);
    expect(first).toBeGreaterThan(0.6);
    for (const part of others) expect(part).toBeGreaterThanOrEqual(0.1);
    for (const each of all) each.want(A, 2);
    await simulation.run(4_000);
    for (const part of parts(all)) expect(part).toBeCloseTo(0.25, 3);
  });

  it('are whole calls, and pass from one instance to the next where there are fewer than instances', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c'].map((id) => simulation.start(id));
    for (const each of all) each.want(A, 1, 0.5);
    const had = new Set<string>();
    const look = () => {
      for (const each of all) if (each.part(A) >= 0.5) had.add(each.id);
    };
    simulation.check = look;
    await simulation.run(3_000);
    expect([...had].sort()).toEqual(['a', 'b', 'c']);
  });

  it('are not given away while a call is in flight that they serve', async () => {
    const simulation = simulate();
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 1, 1);
    await simulation.run(100);
    a.bounds.set(A, 1);
    b.want(A, 1, 1);
    await simulation.run(10_000);
    expect(parts([a, b])).toEqual([0, 0]);
    a.bounds.set(A, 0);
    await simulation.run(100);
    expect(parts([a, b])).toEqual([0, 1]);
  });

  it.each(['the leader', 'another'])('come back within 5 s when their holder dies: %s', async (who) => {
    const simulation = simulate();
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 2);
    await simulation.run(100);
    b.want(A, 2);
    await simulation.run(6_000);
    expect(parts([a, b])).toEqual([0.5, 0.5]);
    const [dead, left] = who === 'the leader' ? [a, b] : [b, a];
    dead.kill();
    await simulation.run(5_000);
    expect(left.part(A)).toBe(1);
  });

  it('come back at once from one that ends in good order', async () => {
    const simulation = simulate();
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 2);
    await simulation.run(100);
    b.want(A, 2);
    await simulation.run(3_000);
    void b.stop();
    await simulation.run(1_600);
    expect(a.part(A)).toBe(1);
  });

  it('are not locked up by siblings that crash again and again', async () => {
    const simulation = simulate();
    const a = simulation.start('a');
    a.want(A, 2, 0.05);
    await simulation.run(1_000);
    let least = 1;
    for (let crash = 0; crash < 20; crash += 1) {
      const sibling = simulation.start(`crash${crash}`);
      sibling.want(A, 2, 0.05);
      await simulation.run(100);
      sibling.kill();
      await simulation.run(2_900);
      least = Math.min(least, a.part(A));
    }
    await simulation.run(5_000);
    expect(least).toBeGreaterThan(0.2);
    expect(a.part(A)).toBe(1);
  });

  it('hold while the store is away: first what was granted, then an equal part each, and all again afterwards', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c'].map((id) => simulation.start(id));
    for (const each of all) each.want(A, 2, 0.01);
    await simulation.run(5_000);
    simulation.isAway = true;
    await simulation.run(1_000);
    const held = parts(all);
    expect(sum(held)).toBeCloseTo(1, 6);
    await simulation.run(4_000);
    for (const part of parts(all)) expect(part).toBeCloseTo(1 / 3, 2);
    await simulation.run(25_000);
    for (const part of parts(all)) expect(part).toBeCloseTo(1 / 3, 2);
    simulation.isAway = false;
    all[1]!.want(A, 0);
    all[2]!.want(A, 0);
    await simulation.run(8_000);
    expect(all[0]!.part(A)).toBe(1);
  });

  it('are all of an instance that knows of no other, which asks nobody and writes nothing', async () => {
    const simulation = simulate();
    const a = simulation.start('a');
    a.want(A, 2);
    await simulation.run(0);
    expect(a.part(A)).toBe(1);
    simulation.isAway = true;
    await simulation.run(30_000);
    simulation.isAway = false;
    await simulation.run(30_000);
    expect(a.part(A)).toBe(1);
    expect(simulation.writes).toBe(0);
  });

  it('are divided as soon as another comes, and all of the one that is left', async () => {
    const simulation = simulate();
    const a = simulation.start('a');
    a.want(A, 2);
    await simulation.run(10_000);
    const b = simulation.start('b');
    let most = 0;
    simulation.check = () => (most = Math.max(most, sum(parts([a, b]))));
    b.want(A, 2);
    await simulation.run(300);
    expect(b.part(A)).toBeGreaterThan(0);
    await simulation.run(5_000);
    expect(parts([a, b])).toEqual([0.5, 0.5]);
    expect(most).toBeLessThanOrEqual(1);
    void a.stop();
    await simulation.run(100);
    expect(b.part(A)).toBe(1);
  });

  it('reach an instance that begins beside one that needs nothing and believed to be alone', async () => {
    const simulation = simulate();
    simulation.start('a');
    await simulation.run(60_000);
    const b = simulation.start('b');
    b.want(A, 2);
    await simulation.run(200);
    expect(b.part(A)).toBe(1);
  });

  it('are not waited for while the store is away: who has no part uses an equal one at once', async () => {
    const simulation = simulate();
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 2);
    await simulation.run(5_000);
    simulation.isAway = true;
    b.want(A, 2);
    await simulation.run(10);
    expect(parts([a, b])).toEqual([1, 0.5]);
    await simulation.run(5_000);
    expect(parts([a, b])).toEqual([0.5, 0.5]);
  });

  it('are not waited for while the store comes and goes', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c'].map((id) => simulation.start(id));
    for (const each of all) each.want(A, 2);
    await simulation.run(5_000);
    let longestMs = 0;
    const since = new Map<SimulatedInstance, number>();
    simulation.check = () => {
      for (const each of all) {
        if (each.part(A) > 0) since.set(each, simulation.now);
        longestMs = Math.max(longestMs, simulation.now - since.get(each)!);
      }
    };
    for (let i = 0; i < 60; i += 1) {
      simulation.isAway = !simulation.isAway;
      await simulation.run(simulation.isAway ? 700 : 40);
      for (const each of all) each.want(A, 2);
    }
    expect(longestMs).toBeLessThan(1_000);
  });

  it('are not waited for from a store that takes nothing, though it is connected', async () => {
    const simulation = simulate({ delayMs: 1 });
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    a.want(A, 2);
    await simulation.run(5_000);
    simulation.trouble = { ...simulation.trouble, delayMs: 60_000 };
    simulation.random = () => 1;
    b.want(A, 2);
    await simulation.run(2_500);
    expect(b.part(A)).toBe(0.5);
  });

  it('are not taken without a leader by an instance that wants nothing any more, though nobody answered its last question', async () => {
    const simulation = simulate();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => simulation.start(id)) as [
      SimulatedInstance,
      SimulatedInstance,
      SimulatedInstance,
    ];
    a.want(A, 1);
    await simulation.run(12_000);
    a.kill();
    b.want(A, 1);
    await simulation.run(30);
    b.want(A, 0);
    c.want(A, 1);
    const taken = new Set<number>();
    simulation.check = () => void taken.add(b.part(A));
    await simulation.run(14_000);
    expect([...taken]).toEqual([0]);
    expect(c.part(A)).toBeCloseTo(1, 6);
  });

  it('of a single call go to one instance while the store is away', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c'].map((id) => simulation.start(id));
    simulation.isAway = true;
    for (const each of all) for (const account of ['x', 'y', 'z']) each.want(account, 1, 1);
    await simulation.run(5_000);
    for (const account of ['x', 'y', 'z']) expect(all.map((each) => each.part(account)).sort()).toEqual([0, 0, 1]);
  });

  it('of more accounts than instances stay with one instance each', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c'].map((id) => simulation.start(id));
    const accounts = Array.from({ length: 30 }, (_, i) => `account${i}`);
    for (const each of all) each.wantAny(accounts, 6);
    await simulation.run(5_000);
    const holders = accounts.map((account) => all.filter((each) => each.part(account) > 0).length);
    expect(holders.filter((count) => count > 1)).toEqual([]);
    // Demand of 6 accounts each, and a quarter more.
    for (const each of all) expect(accounts.filter((account) => each.part(account) > 0).length).toBeLessThanOrEqual(9);
  });

  it('are borrowed by an instance with more demand than accounts of its own', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c'].map((id) => simulation.start(id));
    const accounts = Array.from({ length: 12 }, (_, i) => `account${i}`);
    for (const [i, total] of [9.6, 0.6, 0.6].entries()) all[i]!.wantAny(accounts, total);
    await simulation.run(10_000);
    const held = (instance: SimulatedInstance) => sum(accounts.map((account) => instance.part(account)));
    expect(held(all[0]!)).toBeGreaterThan(9.6);
    expect(held(all[1]!)).toBeGreaterThan(0.6);
  });

  it('of many accounts are all used where more is wanted than there is', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c', 'd'].map((id) => simulation.start(id));
    const accounts = Array.from({ length: 100 }, (_, i) => `account${i}`);
    for (const each of all) each.wantAny(accounts, 30);
    await simulation.run(15_000);
    const held = all.map((each) => sum(accounts.map((account) => each.part(account))));
    expect(sum(held)).toBeGreaterThan(99);
    for (const each of held) expect(each).toBeGreaterThan(18);
    const shared = accounts.filter((account) => all.filter((each) => each.part(account) > 0).length > 1);
    expect(shared.length).toBeLessThan(25);
  });

  it('are found where only another account can serve the call', async () => {
    const simulation = simulate();
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    for (const each of [a, b]) each.wantAny(['x', 'y', 'z'], 0.1);
    await simulation.run(1_000);
    const missing = ['x', 'y', 'z'].find((account) => a.part(account) === 0)!;
    a.wantAny([], 0);
    for (const account of ['x', 'y', 'z']) a.want(account, account === missing ? 0.3 : 0, 0.01);
    await simulation.run(6_000);
    expect(a.part(missing)).toBeGreaterThan(0.29);
  });

  it('cost nothing while nobody uses them', async () => {
    const simulation = simulate();
    const all = ['a', 'b', 'c'].map((id) => simulation.start(id));
    all[0]!.want(A, 0.1);
    await simulation.run(1_000);
    all[0]!.want(A, 0);
    await simulation.run(25_000);
    simulation.writes = 0;
    await simulation.run(60_000);
    expect(simulation.writes).toBe(0);
    expect(parts(all)).toEqual([0, 0, 0]);
  });
});
