import { PostgresKeyStore } from '../../../src/key-management/postgres';
import { PostgresServer } from '../../support/postgres-server';
import { FaultyProxy, type Weather } from '../harness/faulty-proxy';
import { surviveOutage, weather, type StoreOutage } from '../harness/outage';
import type { Scenario } from '../harness/scenario';

interface Place {
  readonly server: PostgresServer;
  /** Between the app and the server. */
  readonly proxy: FaultyProxy;
}

interface Trouble {
  /** The name of one injected fault, for the report. */
  readonly injected: string;
  outage(place: Place): Pick<StoreOutage, 'begin' | 'end'>;
  /** How many faults there were. */
  count(place: Place): number;
  /** Milliseconds within which store and instances agree again. */
  readonly mendedMs: number;
}

const postgresTrouble = (troubleOf: () => Trouble): Scenario => ({
  promised:
    'no call fails or waits for the store; what was missed is written when it is back, and a fresh instance finds it',
  async run(stage, findings) {
    const trouble = troubleOf();
    const server = await PostgresServer.start();
    stage.onEnd(() => server.stop());
    const proxy = await FaultyProxy.start(server.port);
    stage.onEnd(() => proxy.close());
    const place = { server, proxy };
    await surviveOutage(stage, findings, {
      store: new PostgresKeyStore({ url: server.urlAt(proxy.port) }),
      direct: new PostgresKeyStore({ url: server.url }),
      ...trouble.outage(place),
      ms: stage.scaled(2_500, 15_000),
      mendedMs: trouble.mendedMs,
    });
    findings.inject(trouble.injected, trouble.count(place));
  },
});

const onTheWay = (kind: Weather, injected: string, mendedMs: number): Scenario =>
  postgresTrouble(() => ({
    injected,
    outage: ({ proxy }) => weather(proxy, kind),
    count: ({ proxy }) => proxy.struck,
    mendedMs,
  }));

export const postgresReset = onTheWay({ kind: 'reset' }, 'connection to Postgres reset', 5_000);

export const postgresSilent = onTheWay(
  { kind: 'silent' },
  'connection to Postgres silenced: this instance alone is cut off',
  12_000,
);

/** The server dies as in a crash, and comes back with its data. */
export const postgresCrashed = postgresTrouble(() => ({
  injected: 'server crashed and started',
  outage: ({ server }) => ({ begin: () => server.kill(), end: () => server.restart() }),
  count: () => 1,
  mendedMs: 12_000,
}));

const END_BACKENDS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nestjs-ai-key-management'`;

/** An administrator ends what serves the app, at the beginning and at the end: what is connected by then again is ended once more. */
export const postgresTerminated: Scenario = postgresTrouble(() => {
  let terminated = 0;
  const terminate = async ({ server }: Place): Promise<void> => {
    terminated += (await server.query(END_BACKENDS)).length;
  };
  return {
    injected: 'backend terminated',
    outage: (place) => ({ begin: () => terminate(place), end: () => terminate(place) }),
    count: () => terminated,
    mendedMs: 8_000,
  };
});
