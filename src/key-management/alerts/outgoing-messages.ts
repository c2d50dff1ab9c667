import type { Clock, Random } from '../common/clock';
import { within } from '../common/settles-within';
import { deliveryAfter, type Answer, type Delivery } from './delivery';

/** A message on its way. */
export interface OutgoingMessage {
  readonly id: string;
  readonly body: string;
}

interface Waiting extends OutgoingMessage {
  readonly since: number;
  tries: number;
  /** Not before this. Milliseconds since the epoch. */
  nextAt: number;
}

/** How messages ended so far. */
export interface DeliveryCounts {
  sent: number;
  /** Refused for good, or not taken within an hour. */
  failed: number;
  /** Too many waited, or the app shut down. */
  dropped: number;
  /** The same was told shortly before, or another instance sends it. */
  suppressed: number;
}

/** Told of the receiver: once when it begins to fail, and once when it takes messages again. */
export interface DeliveryListener {
  failing(why: string): void;
  recovered(lost: number): void;
}

/** Messages that wait at the most: the oldest go. */
const MOST_WAITING = 1_000;

/** Sends messages one after the other, each again until it is taken or given up. */
export class OutgoingMessages {
  readonly counts: DeliveryCounts = { sent: 0, failed: 0, dropped: 0, suppressed: 0 };
  readonly #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;
  /** Each message has one try left. */
  #draining = false;
  #closed = false;
  /** Messages lost since the receiver began to fail; undefined while it does not. */
  #lost: number | undefined;

  /** @param send One try. Never rejects. */
  constructor(
    private readonly send: (message: OutgoingMessage) => Promise<Answer>,
    private readonly listener: DeliveryListener,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Messages that wait, or are being sent. */
  get length(): number {
    return this.#waiting.length;
  }

  push({ id, body }: OutgoingMessage): void {
    if (this.#closed) {
      this.counts.dropped += 1;
      return;
    }
    if (this.#waiting.length >= MOST_WAITING) {
      this.#waiting.shift();
      this.counts.dropped += 1;
      if (this.#lost !== undefined) this.#lost += 1;
    }
    const now = this.clock.now();
    this.#waiting.push({ id, body, since: now, tries: 0, nextAt: now });
    this.#wake();
  }

  /**
   * Gives every message a last try, all of them within the limit (milliseconds), and takes no more.
   * @returns how many were lost
   */
  async close(limitMs: number): Promise<number> {
    this.#draining = true;
    const lostBefore = this.counts.failed + this.counts.dropped;
    for (const each of this.#waiting) each.nextAt = Math.min(each.nextAt, this.clock.now());
    this.#wake();
    await within(limitMs, this.#drained(), this.clock);
    this.#closed = true;
    this.#cancelTimer();
    this.counts.dropped += this.#waiting.splice(0).length;
    return this.counts.failed + this.counts.dropped - lostBefore;
  }

  async #drained(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
  }

  #wake(): void {
    if (this.#sending !== undefined || this.#closed) return;
    this.#cancelTimer();
    const nextAt = this.#waiting.reduce((soonest, each) => Math.min(soonest, each.nextAt), Infinity);
    if (nextAt === Infinity) return;
    const inMs = nextAt - this.clock.now();
    if (inMs > 0) {
      this.#cancelTimer = this.clock.after(inMs, () => this.#wake(), false);
      return;
    }
    this.#sending = this.#sendDue().finally(() => {
      this.#sending = undefined;
      this.#wake();
    });
  }

  async #sendDue(): Promise<void> {
    const message = this.#waiting.find(({ nextAt }) => nextAt <= this.clock.now());
    if (message === undefined) return;
    const answer = await this.send(message);
    // Those who came meanwhile may have pushed it out, and the end of the app has counted it.
    if (!this.#waiting.includes(message)) return;
    message.tries += 1;
    const now = this.clock.now();
    const delivery = deliveryAfter(answer, message.tries, now - message.since, now, this.random);
    this.#ended(message, delivery, now);
  }

  #ended(message: Waiting, delivery: Delivery, now: number): void {
    if (delivery.end === 'retry' && !this.#draining) {
      message.nextAt = now + delivery.afterMs;
      this.#failing(delivery.why);
      return;
    }
    this.#waiting.splice(this.#waiting.indexOf(message), 1);
    if (delivery.end === 'sent') {
      this.counts.sent += 1;
      const lost = this.#lost;
      this.#lost = undefined;
      if (lost !== undefined) this.listener.recovered(lost);
      return;
    }
    this.counts.failed += 1;
    this.#failing(delivery.why);
    this.#lost = (this.#lost ?? 0) + 1;
  }

  #failing(why: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = 0;
    this.listener.failing(why);
  }
}
