import { KeyPoolService, type KeyManagementModuleOptions } from '../../../src/key-management';
import { keyIdOf } from '../../../src/key-management/pool/key/api-key';
import { PersistenceService } from '../../../src/key-management/store/persistence.service';
import type { FaultyProxy, Weather } from './faulty-proxy';
import type { Findings } from './findings';
import { allGood, endsInTime, lateMs } from './promises';
import type { Stage, StagedApp } from './stage';
import { until } from './until';

const LIMIT_MS = 3_000;

/** Whether the store is up and has everything. */
export const written = (app: StagedApp, limitMs: number): Promise<number | undefined> =>
  until(() => {
    const { link } = app.app.get(PersistenceService);
    return link.up && link.backlog === 0;
  }, limitMs);

type Store = NonNullable<KeyManagementModuleOptions['store']>;

export interface StoreOutage {
  readonly store: Store;
  /** A store on the same data, for the fresh instance at the end. */
  readonly direct: Store;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
  readonly ms: number;
  /** Milliseconds after the outage within which everything must be written. */
  readonly mendedMs: number;
}

/** Makes calls and an administrator's change while the store fails, then checks what a fresh instance finds in it. */
export async function surviveOutage(stage: Stage, findings: Findings, outage: StoreOutage): Promise<void> {
  const { openai } = await stage.simulator();
  const keys = openai.newKeys(8);
  const app = await stage.app(keys, { store: outage.store });
  await written(app, 30_000);
  const calls = app.calls({ timeoutMs: LIMIT_MS });
  await outage.begin();
  const load = calls.flow(outage.ms, 40);
  const [disabled, dead] = [keyIdOf(keys[0]!), keyIdOf(keys[1]!)];
  openai.key(keys[1]!, { kind: 'invalid' });
  // The change holds at once. It is durable when the store is back, which may be after the change stopped waiting.
  const changed = app.pool.disable('openai', disabled).catch(() => undefined);
  await load;
  await outage.end();
  const mended = await written(app, outage.mendedMs + 60_000);
  await changed;
  findings.atMost('all written after, ms', mended ?? Infinity, outage.mendedMs + lateMs());
  allGood(findings, calls);
  endsInTime(findings, calls, LIMIT_MS);

  const counted = successes(app);
  await app.close();
  const fresh = await stage.app(keys, { store: outage.direct, healthCheckDepth: 'light' });
  const states = Object.fromEntries(fresh.pool.list('openai').map(({ id, status }) => [id, status]));
  findings.equal('stored states', [states[disabled], states[dead]], ['disabled', 'invalid_key']);
  findings.atLeast('successes stored', successes(fresh), counted);
  await fresh.close();
}

const successes = ({ app }: StagedApp): number =>
  app
    .get(KeyPoolService)
    .list('openai')
    .reduce((sum, { successCount }) => sum + successCount, 0);

/** Makes an outage of a fault of the proxy in front of the store. */
export const weather = (proxy: FaultyProxy, kind: Weather): Pick<StoreOutage, 'begin' | 'end'> => ({
  begin: () => proxy.set(kind),
  end: () => proxy.clear(),
});
