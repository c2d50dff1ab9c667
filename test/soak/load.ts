import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isExpected, kindAt, type CallKind } from './call-kinds';
import { clientCall } from './client-call';
import { PROVIDERS } from './faults';

const TICK_MS = 20;
/** Calls under way at once. Where the machine is too slow for the load, fewer calls are made. */
const MOST_IN_FLIGHT = 64;

/** Makes calls of all kinds at a steady rate. */
export class Load {
  calls = 0;
  /** Calls that were due but not made, because too many were under way. */
  skipped = 0;
  /** Number of calls by kind and result. */
  readonly words = new Map<string, Map<string, number>>();
  readonly unexpected = new Map<string, number>();
  #agent = new Agent({ keepAlive: true });
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly perSecond: number,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.#agent = new Agent({ keepAlive: true });
    let due = 0;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      due += ((now - last) / 1_000) * this.perSecond;
      last = now;
      for (; due >= 1; due -= 1) {
        if (this.#inFlight < MOST_IN_FLIGHT) void this.#call();
        else this.skipped += 1;
      }
    }, TICK_MS);
  }

  /** Stops making calls; resolves when those under way have ended and their connections are closed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#inFlight > 0) await pause(20);
    this.#agent.destroy();
  }

  /** Makes calls that are open when the app shuts down. Calls that arrive too late are refused, and not counted. */
  async leaveSome(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#made(kindAt(this.random()))));
  }

  async #made(kind: CallKind): Promise<string> {
    const provider = PROVIDERS[Math.floor(this.random() * PROVIDERS.length)]!;
    this.#inFlight += 1;
    const word = await clientCall(this.url, this.#agent, kind, provider);
    this.#inFlight -= 1;
    return word;
  }

  async #call(): Promise<void> {
    const kind = kindAt(this.random());
    const word = await this.#made(kind);
    this.calls += 1;
    const words = this.words.get(kind.name) ?? new Map<string, number>();
    this.words.set(kind.name, words);
    words.set(word, (words.get(word) ?? 0) + 1);
    if (isExpected(word)) return;
    const said = `${kind.name}: ${word}`;
    this.unexpected.set(said, (this.unexpected.get(said) ?? 0) + 1);
  }
}
