import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Findings } from './findings';
import { until } from './until';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const MB = 1024 * 1024;

const loop = monitorEventLoopDelay({ resolution: 20 });
loop.enable();

/** The longest stall of this process since the scenario began, by its own work or for want of processor time. Milliseconds. */
export const longestStallMs = (): number => loop.max / 1e6;

/** Above this growth, garbage is collected and the memory is measured again; MB. */
const LOOKED_AT_TWICE = 50;

/** Watches how much more memory the process holds than at the beginning. Garbage does not count: its amount depends on speed. */
export class MemoryWatch {
  readonly #before: number;
  #most: number;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    collect();
    this.#most = this.#before = inUse();
    this.#timer = setInterval(() => this.#look(), 10);
  }

  #look(): void {
    if (inUse() <= this.#most + LOOKED_AT_TWICE * MB) return;
    collect();
    this.#most = Math.max(this.#most, inUse());
  }

  /** The greatest growth, in MB. */
  stop(): number {
    clearInterval(this.#timer);
    this.#look();
    return Math.max(0, this.#most - this.#before) / MB;
  }
}

/** Heap and buffers. */
function inUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Timers, sockets, servers and the like; pipes to the parent and work of the file system come and go. */
const resources = (): string[] =>
  process.getActiveResourcesInfo().filter((each) => !/^(Pipe|TTY|FS|Immediate|TickObject)/.test(each));

/** Finds unhandled rejections, warnings of Node, and handles that are still open at the end. */
export class LeakWatch {
  readonly #before = counted(resources());
  readonly #uncaught: string[] = [];
  readonly #note = (error: unknown): void => void this.#uncaught.push(String(error));

  constructor() {
    loop.reset();
    for (const event of ['unhandledRejection', 'uncaughtException', 'warning']) process.on(event, this.#note);
  }

  async end(findings: Findings): Promise<void> {
    await until(() => this.#left().length === 0, 5_000);
    for (const event of ['unhandledRejection', 'uncaughtException', 'warning']) process.off(event, this.#note);
    findings.promise(this.#left().length === 0, `left open: ${this.#left().join(', ')}`);
    findings.promise(this.#uncaught.length === 0, `uncaught: ${this.#uncaught.slice(0, 5).join('; ')}`);
  }

  #left(): string[] {
    return Object.entries(counted(resources())).flatMap(([name, count]) => {
      const more = count - (this.#before[name] ?? 0);
      return more > 0 ? [`${more} ${name}`] : [];
    });
  }
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
