import type { TokenBooking } from '../../vendors/contract/profile';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import { AskedLately, LATELY_MS } from './asked-lately';
import type { ExceededLimit, ExpectedTokens } from './expected-tokens';
import type { LimitKind } from './limit-kind';
import { Meter, type Dimension } from './meter';
import { newSentCall, type SentCall } from './sent-call';

/** Of calls that no answer counted for so long, no more than these are remembered. */
const MOST_SENT = 1_000;
const MIN_WANTED_MS = 1_000;
const MINUTE_MS = 60_000;
/** Calls overtake each other on their way to the vendor, where some wait for new connections, by no more than this. Milliseconds. */
const OVERTAKING_MS = 1_000;
/** Few calls overtake others by more than this: enough where it takes many to be sure. Milliseconds. */
const USUALLY_MS = 100;

/** What a bucket holds, and what refills in a millisecond. */
export interface StatedBucket {
  readonly capacity: number;
  readonly perMs: number;
}

/** Holds calls back by what the vendor's headers say is left, before the vendor has to refuse. */
export class HeaderPace {
  readonly #meters: Meter[] = [];
  /** Calls of unknown size that are yet to be booked, all of one millisecond, and when they were sent. */
  #unbooked = 0;
  #unbookedAt = 0;
  /** Beside those that are booked, so many of them surely fit. */
  #room = 0;
  /** The calls sent since the vendor counted what its latest answer states, oldest first. */
  readonly #sent: SentCall[] = [];
  /** Calls of one key that were sent in one millisecond and ended, and that no answer counts: where few answers state anything, they are very many. */
  #ended = 0;
  #endedAt = 0;
  #endedKey: object | undefined = undefined;
  readonly #asked = new AskedLately();
  #usedSince = Infinity;
  readonly #open = new Set<SentCall>();
  #asOf = -Infinity;
  #part = 1;

  constructor(
    private readonly kind: LimitKind,
    private readonly booking: TokenBooking = 'input_and_max_output',
  ) {}

  /** What is left of each dimension. Whoever asks may change it. */
  get meters(): readonly Meter[] {
    this.#book();
    this.#room = 0;
    return this.#meters;
  }

  /** Books the calls that are yet to be booked: it makes no difference to what is left later whether it is done for each call or for all. */
  #book(): void {
    const calls = this.#unbooked;
    if (calls === 0) return;
    this.#unbooked = 0;
    this.#room -= calls;
    for (const meter of this.#meters) meter.take(calls * meter.bookedAtOnce(undefined), this.#unbookedAt);
  }

  /**
   * Takes in what an answer states. True where it states a limit for the first time, or another one than before.
   * @param asOf When the vendor counted what the answer states: between the sending of its request and now. Milliseconds since the epoch.
   */
  observe(readings: readonly RateLimitReading[], asOf: number, now: number, answered?: SentCall): boolean {
    if (answered) answered.isAnswered = true;
    // Answers come out of order: a later count is the better one.
    if (asOf < this.#asOf) return false;
    this.#keepEnded();
    const surelyBy = (answered?.at ?? asOf) - OVERTAKING_MS;
    this.#learn(readings, asOf, surelyBy);
    this.#asOf = asOf;
    this.#forgetCounted(asOf, surelyBy);
    let isNew = false;
    for (const reading of readings) {
      const meter = this.#meterOf(reading.dimension);
      let sent = 0;
      let unsure = 0;
      for (const call of this.#sent) {
        const booked = meter.bookedAtOnce(call.tokens) * call.calls;
        if (call.at > asOf) sent += booked;
        else unsure += booked;
      }
      isNew = meter.observe(reading, { sent, unsure }, asOf, now) || isNew;
    }
    return isNew;
  }

  /** Another instance was told by answers what this limit is. */
  told(dimension: Dimension, { capacity, perMs }: StatedBucket, now: number): void {
    this.#meterOf(dimension).told(capacity, perMs, now);
  }

  /** A call is sent. */
  started(call: SentCall, now: number): void {
    const { tokens } = call;
    call.pace = this;
    if (tokens === undefined) {
      if (now !== this.#unbookedAt) this.#book();
      this.#unbookedAt = now;
      this.#unbooked += 1;
    } else this.#bookNow(call, tokens, now);
    call.asked = this.#asked.add(tokens, now);
    if (now < this.#usedSince) this.#usedSince = now;
    if (this.#sent.push(call) > MOST_SENT) this.#sent.splice(0, MOST_SENT / 2);
  }

  #bookNow(call: SentCall, tokens: ExpectedTokens, now: number): void {
    for (const meter of this.meters) {
      meter.take(meter.bookedAtOnce(tokens), now);
      const later = meter.bookedLater(tokens);
      if (later === 0) continue;
      meter.reserved += later;
      call.isOpen = true;
    }
    if (call.isOpen) this.#open.add(call);
  }

  /** A call turned out to have used so much, so far. */
  used(call: SentCall, tokens: ExpectedTokens, now: number): void {
    for (const meter of this.meters) {
      if (!call.isCounted) meter.take(meter.bookedAtOnce(tokens) - meter.bookedAtOnce(call.tokens), now);
      const later = meter.bookedLater(call.tokens);
      if (!call.isOpen || later === 0) continue;
      // What was written is booked, the rest stays reserved.
      meter.take(Math.min(later, meter.bookedLater(tokens)), now);
      meter.reserved -= later;
    }
    this.#open.delete(call);
    call.isOpen = false;
    this.#asked.corrected(call.asked, call.tokens, tokens);
    call.tokens = tokens;
  }

  /**
   * A call ended: what it reserved is given back.
   * @param wasBooked Whether the vendor has booked what it wrote.
   * @returns true if nothing here knows of it any more
   */
  ended(call: SentCall, wasBooked: boolean, now: number): boolean {
    call.pace = undefined;
    if (call.isOpen) {
      call.isOpen = false;
      this.#open.delete(call);
      for (const meter of this.meters) {
        const later = meter.bookedLater(call.tokens);
        meter.reserved -= later;
        if (wasBooked) meter.take(later, now);
      }
    }
    return call.isCounted || this.#joinEnded(call);
  }

  /** Until when no further call may go, milliseconds since the epoch; 0 if one may go now. @param tokens Of the call; the least that is asked for where left out. */
  blockedUntil(now: number, tokens?: ExpectedTokens, isLeast = true): number {
    if (tokens === undefined && this.#unbooked < this.#room) return 0;
    let blockedUntil = 0;
    let room = Infinity;
    for (const meter of this.meters) {
      const amount = tokens === undefined && isLeast ? meter.least : meter.needed(tokens);
      const until = meter.blockedUntil(amount, now);
      if (until > blockedUntil) blockedUntil = until;
      room = Math.min(room, meter.roomForUnknown);
    }
    this.#room = room;
    return blockedUntil;
  }

  asked(tokens: ExpectedTokens): void {
    for (const meter of this.meters) meter.asked(meter.needed(tokens));
  }

  /** Only what calls in flight have taken keeps the least call waiting. */
  isBlockedByInFlightOnly(now: number): boolean {
    return this.meters.every((meter) => {
      if (!meter.isKnown || meter.part === 0) return true;
      let inFlight = meter.reserved;
      for (const call of this.#sent) if (call.pace !== undefined) inFlight += meter.bookedAtOnce(call.tokens);
      return meter.leftAt(now) + inFlight >= Math.min(meter.least, meter.capacity * meter.part);
    });
  }

  /** The limit that such a call can never fit. */
  excess(tokens: ExpectedTokens): ExceededLimit | undefined {
    for (const { dimension, capacity, isKnown, needed } of this.#tokenMeters(tokens))
      if (isKnown && needed > capacity) return { dimension, limit: Math.floor(capacity) };
    return undefined;
  }

  /** When the first call was sent; Infinity before. Milliseconds since the epoch. */
  get usedSince(): number {
    return this.#usedSince;
  }

  /** What calls asked for lately, relative to what goes. @param usedSince When the first call was sent of which this is a part; milliseconds since the epoch. */
  wanted(now: number, usedSince: number): number {
    // Fewer are remembered where there are very many.
    const sinceMs = Math.max(MIN_WANTED_MS, Math.min(LATELY_MS, now - Math.max(usedSince, this.#asked.since)));
    const asked = this.#asked.sum(now);
    let wanted = 0;
    for (const meter of this.meters)
      if (meter.isKnown) wanted = Math.max(wanted, (meter.neededBy(asked) * MINUTE_MS) / sinceMs / meter.perMinute);
    return wanted;
  }

  bound(now: number): number {
    return Math.max(0, ...this.meters.map((meter) => Math.min(1, meter.used(now)) * meter.part));
  }

  /** How long it takes to refill what is left now of this instance's part; milliseconds. */
  stockMs(now: number): number {
    let least = Infinity;
    for (const meter of this.meters) if (meter.isKnown) least = Math.min(least, meter.stockMs(now));
    return least < Infinity ? least : 0;
  }

  surplusFor(
    key: object,
    readings: readonly RateLimitReading[],
    countedAt: number,
  ): { readonly siblingCalls: number; readonly surplus: number } | undefined {
    const meter = this.meters.find(({ dimension }) => dimension === 'requests');
    const remaining = readings.find(({ dimension }) => dimension === 'requests')?.remaining;
    if (meter === undefined || remaining === undefined || meter.part < 1 || remaining >= meter.capacity)
      return undefined;
    this.#keepEnded();
    let siblingCalls = 0;
    let later = 0;
    for (const call of this.#sent) {
      if (!isCountedBy(call, countedAt, countedAt - USUALLY_MS)) later += call.calls;
      else if (call.key !== key) siblingCalls += call.calls;
    }
    return { siblingCalls, surplus: remaining - meter.leftAt(countedAt) - later };
  }

  get countsTokens(): boolean {
    return this.meters.some(({ dimension }) => dimension !== 'requests');
  }

  divide(part: number, level: number, now: number): void {
    this.#part = part;
    for (const meter of this.meters) meter.divide(part, level, now);
  }

  /** Takes over the calls of another pace of the same account. */
  absorb(other: HeaderPace, now: number): void {
    this.#keepEnded();
    other.#keepEnded();
    for (const call of other.#sent) {
      call.pace = call.pace && this;
      call.asked = -1;
      call.isCounted = call.at <= this.#asOf;
      if (call.isCounted) continue;
      for (const meter of this.meters) meter.take(meter.bookedAtOnce(call.tokens) * call.calls, now);
      this.#sent.push(call);
    }
    this.#sent.sort((one, another) => one.at - another.at);
    for (const call of other.#open) {
      call.pace = this;
      this.#open.add(call);
      for (const meter of this.meters) meter.reserved += meter.bookedLater(call.tokens);
    }
  }

  /** Forgets the calls that an answer counts. */
  #forgetCounted(asOf: number, surelyBy: number): void {
    const sent = this.#sent;
    let left = 0;
    for (const call of sent) {
      call.isCounted = isCountedBy(call, asOf, surelyBy);
      if (!call.isCounted) sent[left++] = call;
    }
    sent.length = left;
  }

  /** A call of unknown size ended, and no answer counts it. True if it need not be remembered for itself. */
  #joinEnded(call: SentCall): boolean {
    const sent = this.#sent;
    if (call.tokens !== undefined || call.isAnswered || sent[sent.length - 1] !== call) return false;
    sent.pop();
    if (call.at !== this.#endedAt || call.key !== this.#endedKey) {
      this.#keepEnded();
      this.#endedAt = call.at;
      this.#endedKey = call.key;
    }
    this.#ended += 1;
    return true;
  }

  #keepEnded(): void {
    if (this.#ended === 0) return;
    const { key, at, calls } = { key: this.#endedKey, at: this.#endedAt, calls: this.#ended };
    this.#sent.push(Object.assign(newSentCall(), { key, at, calls }));
    this.#ended = 0;
    if (this.#sent.length > MOST_SENT) this.#sent.splice(0, MOST_SENT / 2);
  }

  *#tokenMeters(tokens: ExpectedTokens) {
    for (const meter of this.meters)
      if (meter.dimension !== 'requests')
        yield {
          dimension: meter.dimension,
          capacity: meter.capacity,
          isKnown: meter.isKnown,
          needed: meter.needed(tokens),
        };
  }

  #meterOf(dimension: Dimension): Meter {
    const known = this.meters.find((meter) => meter.dimension === dimension);
    if (known) return known;
    const meter = new Meter(dimension, this.kind, this.booking);
    if (this.#part < 1) meter.divide(this.#part, 0, 0);
    for (const call of this.#open) meter.reserved += meter.bookedLater(call.tokens);
    this.#meters.push(meter);
    return meter;
  }

  /** Learns what calls of unknown size took, from what is left and was left before. */
  #learn(readings: readonly RateLimitReading[], asOf: number, surelyBy: number): void {
    let unknown = 0;
    for (const call of this.#sent)
      if (call.tokens === undefined && isCountedBy(call, asOf, surelyBy)) unknown += call.calls;
    if (unknown === 0) return;
    for (const { dimension, remaining } of readings) {
      if (dimension === 'requests' || remaining === undefined) continue;
      const meter = this.meters.find((each) => each.dimension === dimension);
      if (!meter?.isKnown || meter.part < 1) continue;
      // Calls sent since count as the meter's mean, and so does each of the unknown ones.
      let later = 0;
      for (const call of this.#sent)
        if (!isCountedBy(call, asOf, surelyBy)) later += meter.bookedAtOnce(call.tokens) * call.calls;
      const took = meter.leftAt(asOf) + later + unknown * meter.usual - remaining;
      meter.learn(Math.max(0, took / unknown));
    }
  }
}

/**
 * Whether an answer counts the call for certain: the call's own answer has come, or it was sent before `surelyBy`, so much earlier than the request that
 * is answered that it cannot have been overtaken.
 */
const isCountedBy = ({ at, isAnswered }: SentCall, asOf: number, surelyBy: number): boolean =>
  at <= asOf && (isAnswered || at <= surelyBy);
