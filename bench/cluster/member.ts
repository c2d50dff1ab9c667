import type { INestApplicationContext } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { AnalyticsService } from '../../src/key-management/analytics/analytics.service';
import { fill, startApp } from '../lib/pool-app';
import type { Command, Counts, Told } from './messages';

const PROVIDER = 'fleet';
/** Calls that are due within so many milliseconds are made together. */
const PULSE_MS = 10;
/** Of so many calls of the fleet one meets a rate limit, which the others are told of. */
const CALLS_PER_CHANGE = 1_000;
const RETRY_AFTER_S = 2;
/** Keys are not checked anew while this runs: no vendor is there. */
const CHECK_MINUTES = 24 * 60;

/** Milliseconds since the epoch, to the microsecond: the same for all processes of this machine. */
const preciseNow = (): number => performance.timeOrigin + performance.now();
const tell = (told: Told): void => void process.send!(told);

async function startInstance(url: string, keys: number, shards: number): Promise<INestApplicationContext> {
  const app = await startApp({
    providers: { [PROVIDER]: { compatibleWith: 'openai', baseUrl: 'http://127.0.0.1:9' } },
    store: { kind: 'redis', url, shards },
    healthCheckIntervalMinutes: CHECK_MINUTES,
  });
  fill(app, PROVIDER, keys);
  return app;
}

const rateLimited = (): Error =>
  Object.assign(new Error('Rate limit reached'), { status: 429, headers: { 'retry-after': String(RETRY_AFTER_S) } });

/** A call is resolved at once; one of many first meets a key that has reached its limit. */
async function call(app: INestApplicationContext, number: number): Promise<void> {
  let meetsLimit = number % CALLS_PER_CHANGE === CALLS_PER_CHANGE / 2;
  await app.get(RetryExecutorService).execute(PROVIDER, ({ keyId }) => {
    if (!meetsLimit) return Promise.resolve(keyId);
    meetsLimit = false;
    return Promise.reject(rateLimited());
  });
}

type CallCommand = Extract<Command, { do: 'call' }>;

/** Makes the calls of all instances of this process when they are due. Resolves with their number after the time is over. */
async function callAll(apps: readonly INestApplicationContext[], command: CallCommand): Promise<number> {
  const { ms, perSecond, first, all } = command;
  const begin = performance.now();
  const made = apps.map(() => 0);
  for (let elapsed = 0; ; elapsed = performance.now() - begin) {
    const upTo = Math.min(elapsed, ms);
    for (const [at, app] of apps.entries()) {
      const due = Math.ceil((upTo / 1_000) * perSecond - (first + at) / all);
      for (; made[at]! < due; made[at]! += 1) await call(app, made[at]! * all + first + at);
    }
    if (elapsed >= ms) return made.reduce((sum, calls) => sum + calls, 0);
    const nextMs = perSecond === 0 ? ms : 1_000 / perSecond / apps.length;
    await sleep(Math.min(Math.max(PULSE_MS, nextMs), ms - elapsed));
  }
}

/** What `GET /health/keys` of an instance shows. */
function look(app: INestApplicationContext): Counts {
  const { global_stats: all, key_pools: pools } = app.get(AnalyticsService).comprehensiveStatus();
  const keys = pools.providers[PROVIDER]!.keys;
  return {
    requests: all.total_requests,
    successes: keys.reduce((sum, key) => sum + key.success_count, 0),
  };
}

/** Tells of each removal when all instances of this process have received it. */
class Removals {
  readonly #heard = new Map<string, number>();
  readonly #own = new Set<string>();

  constructor(private readonly apps: readonly INestApplicationContext[]) {
    for (const app of apps) {
      app.get(KeyPoolService).events$.subscribe((event) => {
        if (event.type === 'status_changed' && event.by === 'instance' && event.to === 'invalid_key')
          this.#hear(event.keyId);
      });
    }
  }

  remove(instance: number): void {
    const lease = this.apps[instance]!.get(KeyPoolService).lease(PROVIDER)!;
    this.#own.add(lease.keyId);
    const at = preciseNow();
    lease.settle('invalid_key');
    tell({ kind: 'removed', keyId: lease.keyId, at });
  }

  #hear(keyId: string): void {
    const instances = (this.#heard.get(keyId) ?? 0) + 1;
    this.#heard.set(keyId, instances);
    if (instances === this.apps.length - (this.#own.has(keyId) ? 1 : 0))
      tell({ kind: 'heard', keyId, instances, at: preciseNow() });
  }
}

/** Instances of an app in one process, driven by its parent. Arguments: the store's URL, the number of keys, of instances, and of the store's shards. */
async function main([url = '', keys = '0', instances = '1', shards = '1']: string[]): Promise<void> {
  const apps: INestApplicationContext[] = [];
  for (let n = 0; n < Number(instances); n += 1) apps.push(await startInstance(url, Number(keys), Number(shards)));
  const removals = new Removals(apps);
  const obey = async (command: Command): Promise<void> => {
    if (command.do === 'call') {
      const cpuBefore = process.cpuUsage();
      const calls = await callAll(apps, command);
      const { user, system } = process.cpuUsage(cpuBefore);
      tell({ kind: 'called', calls, cpuMs: (user + system) / 1_000 });
    } else if (command.do === 'remove') {
      removals.remove(command.instance);
    } else if (command.do === 'look') {
      tell({ kind: 'looked', counts: apps.slice(command.instance, command.instance + 1).map(look) });
    } else {
      await Promise.all(apps.map((app) => app.close()));
      process.disconnect();
    }
  };
  process.on('message', (command: Command) => void obey(command));
  // Also where the parent failed, and left it behind.
  process.on('disconnect', () => process.exit());
  tell({ kind: 'ready' });
}

void main(process.argv.slice(2));
