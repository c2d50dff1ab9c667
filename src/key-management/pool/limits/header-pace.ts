import type { TokenBooking } from '../../vendors/contract/profile';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import type { ExceededLimit, ExpectedTokens } from './expected-tokens';
import type { LimitKind } from './limit-kind';
import { Meter, type Dimension } from './meter';
import type { SentCall } from './sent-call';

/** Of calls that no answer counted for so long, no more than these are remembered. */
const MOST_SENT = 1_000;
const MOST_WANTED = 256;
const WANTED_MS = 4_000;
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
  readonly meters: Meter[] = [];
  /** The calls sent since the vendor counted what its latest answer states, oldest first. */
  #sent: SentCall[] = [];
  /** The calls of the last seconds, and the one before them. */
  readonly #wanted: SentCall[] = [];
  #usedSince = Infinity;
  /** Since when all calls of the last seconds are remembered; milliseconds since the epoch. */
  #wantedSince = -Infinity;
  readonly #open = new Set<SentCall>();
  #asOf = -Infinity;
  #part = 1;

  constructor(
    private readonly kind: LimitKind,
    private readonly booking: TokenBooking = 'input_and_max_output',
  ) {}

  /**
   * Takes in what an answer states. True where it states a limit for the first time, or another one than before.
   * @param asOf When the vendor counted what the answer states: between the sending of its request and now. Milliseconds since the epoch.
   */
  observe(readings: readonly RateLimitReading[], asOf: number, now: number, answered?: SentCall): boolean {
    if (answered) answered.isAnswered = true;
    // Answers come out of order: a later count is the better one.
    if (asOf < this.#asOf) return false;
    const surelyBy = (answered?.at ?? asOf) - OVERTAKING_MS;
    this.#learn(readings, asOf, surelyBy);
    this.#asOf = asOf;
    this.#sent = this.#sent.filter((call) => {
      call.isCounted = isCountedBy(call, asOf, surelyBy);
      return !call.isCounted;
    });
    let isNew = false;
    for (const reading of readings) {
      const meter = this.#meterOf(reading.dimension);
      let sent = 0;
      let unsure = 0;
      for (const call of this.#sent) {
        const booked = meter.bookedAtOnce(call.tokens);
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
    for (const meter of this.meters) {
      meter.take(meter.bookedAtOnce(tokens), now);
      const later = meter.bookedLater(tokens);
      if (later === 0) continue;
      meter.reserved += later;
      call.isOpen = true;
    }
    if (call.isOpen) this.#open.add(call);
    this.#sent.push(call);
    this.#want(call, now);
    if (this.#sent.length > MOST_SENT) this.#sent.splice(0, MOST_SENT / 2);
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
    call.tokens = tokens;
  }

  /** A call ended: what it reserved is given back. @param wasBooked Whether the vendor has booked what it wrote. */
  ended(call: SentCall, wasBooked: boolean, now: number): void {
    call.pace = undefined;
    if (!call.isOpen) return;
    call.isOpen = false;
    this.#open.delete(call);
    for (const meter of this.meters) {
      const later = meter.bookedLater(call.tokens);
      meter.reserved -= later;
      if (wasBooked) meter.take(later, now);
    }
  }

  /** Until when no further call may go, milliseconds since the epoch; 0 if one may go now. @param tokens Of the call; the least that is asked for where left out. */
  blockedUntil(now: number, tokens?: ExpectedTokens, isLeast = true): number {
    let blockedUntil = 0;
    for (const meter of this.meters) {
      const amount = tokens === undefined && isLeast ? meter.least : meter.needed(tokens);
      const until = meter.blockedUntil(amount, now);
      if (until > blockedUntil) blockedUntil = until;
    }
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
    const sinceMs = Math.max(MIN_WANTED_MS, Math.min(WANTED_MS, now - Math.max(usedSince, this.#wantedSince)));
    let wanted = 0;
    for (const meter of this.meters) {
      if (!meter.isKnown) continue;
      let asked = 0;
      for (const { tokens, at } of this.#wanted) if (at > now - WANTED_MS) asked += meter.needed(tokens);
      wanted = Math.max(wanted, (asked * MINUTE_MS) / sinceMs / meter.perMinute);
    }
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
    let siblingCalls = 0;
    let later = 0;
    for (const call of this.#sent) {
      if (!isCountedBy(call, countedAt, countedAt - USUALLY_MS)) later += 1;
      else if (call.key !== key) siblingCalls += 1;
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
    for (const call of other.#sent) {
      call.pace = call.pace && this;
      call.isCounted = call.at <= this.#asOf;
      if (call.isCounted) continue;
      for (const meter of this.meters) meter.take(meter.bookedAtOnce(call.tokens), now);
      this.#sent.push(call);
    }
    this.#sent.sort((one, another) => one.at - another.at);
    for (const call of other.#open) {
      call.pace = this;
      this.#open.add(call);
      for (const meter of this.meters) meter.reserved += meter.bookedLater(call.tokens);
    }
  }

  #want(call: SentCall, now: number): void {
    const calls = this.#wanted;
    while (calls.length > 1 && calls[1]!.at <= now - WANTED_MS) calls.shift();
    calls.push(call);
    this.#usedSince = Math.min(this.#usedSince, now);
    if (calls.length <= MOST_WANTED) return;
    calls.splice(0, MOST_WANTED / 2);
    this.#wantedSince = calls[0]!.at;
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
    this.meters.push(meter);
    return meter;
  }

  /** Learns what calls of unknown size took, from what is left and was left before. */
  #learn(readings: readonly RateLimitReading[], asOf: number, surelyBy: number): void {
    let unknown = 0;
    for (const call of this.#sent) if (call.tokens === undefined && isCountedBy(call, asOf, surelyBy)) unknown += 1;
    if (unknown === 0) return;
    for (const { dimension, remaining } of readings) {
      if (dimension === 'requests' || remaining === undefined) continue;
      const meter = this.meters.find((each) => each.dimension === dimension);
      if (!meter?.isKnown || meter.part < 1) continue;
      // Calls sent since count as the meter's mean, and so does each of the unknown ones.
      let later = 0;
      for (const call of this.#sent) if (!isCountedBy(call, asOf, surelyBy)) later += meter.bookedAtOnce(call.tokens);
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
