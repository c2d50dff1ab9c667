import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../../test/support/redis-server';
import type { Scenario } from '../policies/scenario';
import { refusedPer100 } from '../policies/served';
import { callsOf, type Figures } from '../policies/simulate';
import { VendorAccounts } from '../policies/vendor';
import type { MemberCommand, MemberTold, VendorCommand, VendorTold } from './messages';
import { Worker } from '../lib/worker';

/** Instances are up for this long before the first call comes. Milliseconds. */
const LEAD_MS = 6_000;
/** Until commands have reached all processes; milliseconds. */
const SOON_MS = 500;

export interface FleetFigures extends Figures {
  readonly reasons: readonly string[];
}

/** One row with real processes: Redis, the vendor, and the instances of the app, all on this machine. */
export async function measureRow(scenario: Scenario, seed: number): Promise<FleetFigures> {
  const redis = await RedisServer.start();
  const vendor = new Worker<VendorCommand, VendorTold>(fork(join(__dirname, 'vendor.js')));
  const members: Worker<MemberCommand, MemberTold>[] = [];
  try {
    const { port } = await vendor.hear('listening');
    const limits = new VendorAccounts(scenario.vendor, 0, () => 0);
    for (let n = 0; n < scenario.instances; n += 1) {
      const args = [`http://127.0.0.1:${port}`, redis.url, String(limits.keys), String(scenario.maxWaitMs)];
      const member = new Worker<MemberCommand, MemberTold>(fork(join(__dirname, 'member.js'), args));
      members.push(member);
      await member.hear('ready');
    }
    await sleep(LEAD_MS);
    const startsAt = Date.now() + SOON_MS;
    const endsAt = startsAt + scenario.durationMs;
    await vendor.ask({ do: 'begin', shape: scenario.vendor, startsAt, endsAt }, 'begun');
    const gapMs = callsOf(scenario, () => 0).meanUnits / (limits.perMs * scenario.load);
    const called = await Promise.all(
      members.map((member, at) =>
        member.ask(
          {
            do: 'call',
            startsAt,
            endsAt,
            gapMs: gapMs / shareOf(scenario, at),
            tokens: scenario.tokens,
            maxWaitMs: scenario.maxWaitMs,
            seed: seed + at,
          },
          'called',
        ),
      ),
    );
    const { all, later, within, most } = await vendor.ask({ do: 'report' }, 'report');
    const sum = (of: (told: (typeof called)[number]) => number): number =>
      called.reduce((total, told) => total + of(told), 0);
    const offered = sum((told) => told.offered);
    const units = limits.dimension === 'tokens' ? sum(({ tokens }) => tokens) : offered;
    return {
      offered,
      goodput: within.units / Math.min(units, most),
      refusedPer100: refusedPer100(all),
      refusedLaterPer100: refusedPer100(later),
      lost: sum(({ lost }) => lost),
      reasons: called.flatMap(({ reasons }) => reasons).slice(0, 1),
    };
  } finally {
    for (const member of members) member.tell({ do: 'close' });
    await Promise.all(members.map((member) => member.ended()));
    vendor.kill();
    await redis.stop();
  }
}

/** The share of the traffic that an instance gets. */
function shareOf({ instances, skew }: Scenario, at: number): number {
  if (skew === undefined) return 1 / instances;
  return at === 0 ? skew : (1 - skew) / (instances - 1);
}
