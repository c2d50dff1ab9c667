import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ScheduleModule } from '@nestjs/schedule';
import { setUpApp } from '../../src/app-setup';
import { GracefulShutdown } from '../../src/graceful-shutdown';
import { KeyManagementModule, KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { EventLog } from '../../src/key-management/events/event-log';
import { HostCalls, SETTINGS } from './host-calls';
import { HostController, LEAK } from './host.controller';
import { leakOf } from './leaks';
import type { Order, Sample, SoakAppSettings, Told } from './messages';

const settings = JSON.parse(process.env.SOAK_APP!) as SoakAppSettings;
const MS = 1e-6;
/** How long closed handles may remain: idle connections to the vendor end with their keep-alive. */
const LINGER_MS = 5_000;
const LOG_CAPACITY = 5_000;

let port = 0;

@Module({
  imports: [ScheduleModule.forRoot(), KeyManagementModule.forRoot(settings.options)],
  controllers: [HostController],
  providers: [
    GracefulShutdown,
    HostCalls,
    { provide: SETTINGS, useValue: settings },
    { provide: LEAK, useValue: leakOf(settings.leak, () => port) },
  ],
})
class SoakApp {}

const tell = (told: Told): void => void process.send!(told);
const delay = monitorEventLoopDelay({ resolution: 10 });

/** The IPC channel to the parent is not a handle of the app. */
const openHandles = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => !/^(Pipe|TTY|FS|Immediate|TickObject)/.test(kind));

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function sample(app: NestExpressApplication): Promise<Sample> {
  const handles = counted(openHandles());
  const delays = { p50: delay.percentile(50) * MS, p99: delay.percentile(99) * MS, max: delay.max * MS };
  // Finalizers and weak references of the first collection may let the second one free more.
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc!();
    await new Promise(setImmediate);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const keys = app.get(KeyPoolService).list();
  delay.reset();
  return {
    heapUsed,
    external,
    rss,
    handles,
    delay: delays,
    callsInFlight: app.get(RetryExecutorService).inFlight,
    leasesInFlight: keys.reduce((sum, { inFlight }) => sum + inFlight, 0),
    keys: keys.length,
  };
}

/** Fills the log of events as hours of use would, so that its filling up does not look like a leak. */
function age(app: NestExpressApplication): void {
  const log = app.get(EventLog);
  for (let n = 0; n < LOG_CAPACITY; n += 1) {
    const keyId = n.toString(16).padStart(16, '0');
    const [at, until] = [new Date(), new Date()];
    // Each with a string of its own, as answers of vendors are.
    const reason = Buffer.from(
      `Rate limit reached for the model in organization org-${n}: used 60 of 60. Try later.`,
    ).toString();
    const change = { from: 'healthy', to: 'rate_limited', outcome: 'rate_limited', reason, until } as const;
    const event = {
      type: 'status_changed',
      provider: 'openai',
      keyId,
      maskedKey: keyId,
      at,
      by: 'call',
      ...change,
    } as const;
    log.append({ type: 'status_changed', at, event });
  }
}

async function close(app: NestExpressApplication): Promise<void> {
  delay.disable();
  const startedAt = performance.now();
  await app.close();
  const closeMs = performance.now() - startedAt;
  for (const end = performance.now() + LINGER_MS; performance.now() < end && openHandles().length > 0;) await pause(50);
  tell({ kind: 'closed', closeMs, left: openHandles() });
  process.disconnect();
}

async function main(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(SoakApp, { abortOnError: false });
  setUpApp(app, {});
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
  age(app);
  delay.enable();
  process.on('message', (order: Order) => {
    if (order.do === 'close') void close(app);
    else void sample(app).then((taken) => tell({ kind: 'sample', sample: taken }));
  });
  tell({ kind: 'ready', url: `http://127.0.0.1:${port}` });
}

void main();
