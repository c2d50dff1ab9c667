import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { AdminClient } from './admin-client';
import type { AppProcess, Ending } from './app-process';
import { KeyChurn } from './key-churn';
import { Load } from './load';
import type { Sample } from './messages';
import { Onlookers } from './onlookers';
import type { Services } from './services';

/** Idle connections to the simulator are closed within this time: see `services.ts`. */
const LULL_MS = 2_200;

export interface TimedSample extends Sample {
  readonly minute: number;
  /** The longest stall of the client's own event loop since the sample before: it is the machine's. Milliseconds. */
  readonly clientStall: number;
}

export interface RunSettings {
  readonly minutes: number;
  readonly perSecond: number;
  readonly random: () => number;
  readonly isSecret: (text: string) => boolean;
}

/** Everything that acts on the app, and what it observed. */
export class Run {
  readonly samples: TimedSample[] = [];
  readonly load: Load;
  readonly admin: AdminClient;
  readonly churn: KeyChurn;
  readonly onlookers: Onlookers;

  constructor(
    private readonly app: AppProcess,
    services: Services,
    private readonly settings: RunSettings,
  ) {
    const { perSecond, random, isSecret } = settings;
    this.load = new Load(app.url, perSecond, random);
    this.admin = new AdminClient(app.url, isSecret);
    this.churn = new KeyChurn(this.admin, services.simulator, random);
    this.onlookers = new Onlookers(app.url, this.admin, random);
  }

  /** Repeats load, lull and sample until the time is over. */
  async soak(sampled: (run: Run) => void): Promise<void> {
    const everyMs = Math.min(15_000, Math.max(6_000, (this.settings.minutes * 60_000) / 20));
    const startedAt = performance.now();
    const elapsed = (): number => performance.now() - startedAt;
    const stall = monitorEventLoopDelay({ resolution: 10 });
    stall.enable();
    for (let next = everyMs; elapsed() < this.settings.minutes * 60_000; next += everyMs) {
      for (const part of [this.load, this.churn, this.onlookers]) part.start();
      // At least some load, also where lulls take longer than planned.
      await pause(Math.max(2_000, next - elapsed() - LULL_MS));
      await Promise.all([this.load.stop(), this.churn.stop(), this.onlookers.stop()]);
      this.admin.closeConnections();
      await pause(LULL_MS);
      const sample = await this.app.sample();
      this.samples.push({ ...sample, minute: elapsed() / 60_000, clientStall: stall.max / 1e6 });
      stall.reset();
      sampled(this);
    }
    stall.disable();
  }

  /** Shuts the app down while it is in use. */
  async takeDown(): Promise<Ending> {
    await this.onlookers.stay(3);
    const left = this.load.leaveSome(30);
    await pause(30);
    const ending = await this.app.close();
    await left;
    await Promise.all([this.load.stop(), this.onlookers.stop()]);
    return ending;
  }
}
