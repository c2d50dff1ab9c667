import { parseArgs } from 'node:util';
import { seededRandom } from '../support/seeded-random';
import { AppProcess } from './app-process';
import { judgeConduct } from './conduct';
import { LEAK_KINDS, type LeakKind } from './leaks';
import { MinuteTable, printVerdict, printWork } from './print';
import { Run } from './run';
import { optionsFor, startServices } from './services';
import { judgeSamples } from './verdict';

/** Part of every fake key, and of no mask. */
const isSecret = (text: string): boolean => text.includes('SIMULATED');

function settings(): { minutes: number; perSecond: number; seed: number; leak?: LeakKind } {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      'per-second': { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      // Plants a leak in the app under soak, which the run must find: heap, timers or sockets.
      leak: { type: 'string' },
    },
  });
  const number = (name: 'minutes' | 'per-second' | 'seed'): number => {
    const value = Number(values[name]);
    if (!(value > 0)) throw new Error(`--${name} must be a number above 0`);
    return value;
  };
  const leak = LEAK_KINDS.find((kind) => kind === values.leak);
  if (values.leak !== undefined && !leak) throw new Error(`--leak must be one of ${LEAK_KINDS.join(', ')}`);
  return { minutes: number('minutes'), perSecond: number('per-second'), seed: number('seed'), leak };
}

async function soak(): Promise<void> {
  const { minutes, perSecond, seed, leak } = settings();
  const services = await startServices();
  let app: AppProcess | undefined;
  const abandon = (): void => {
    app?.kill();
    void services.close().finally(() => process.exit(1));
  };
  process.once('SIGINT', abandon).once('SIGTERM', abandon);
  try {
    const options = optionsFor(services);
    const baseUrls = Object.fromEntries(Object.entries(options.providers!).map(([name, p]) => [name, p.baseUrl!]));
    app = await AppProcess.start({ options, baseUrls, leak }, isSecret);
    console.log(
      `${minutes} minutes, ${perSecond} calls/s, seed ${seed}, store ${services.store.kind}, Node ${process.version}`,
    );
    const run = new Run(app, services, { minutes, perSecond, random: seededRandom(seed), isSecret });
    const table = new MinuteTable();
    await run.soak(() => table.take(run));
    table.print(run);
    const ending = await run.takeDown();
    printWork(run);
    const planned = minutes * 60 * perSecond;
    const deletedKeys = run.churn.acts.get('remove') ?? 0;
    const judgements = [
      ...judgeSamples(run.samples, { minutes, deletedKeys }),
      ...judgeConduct(run, app.alarms, ending, planned),
    ];
    printVerdict(judgements);
    process.exitCode = judgements.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    app?.kill();
    await services.close();
  }
}

soak().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
