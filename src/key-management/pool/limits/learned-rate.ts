import type { PriorRates } from './prior-rates';
import type { RefusalCost } from './refusal-cost';

/**
 * How fast the rate grows with the cube of the calls since the last refusal: slowly at first, so that a limit is met again only after some
 * forty calls; fast later, so that a limit that was raised, or measured too low, is found.
 */
const GROWTH = 1.2e-6;
/** The same for a rate that is only guessed: the next refusal measures it. */
const GROWTH_OF_GUESS = 0.02;
/** A guess of an account that instances divide grows so much slower from then on. */
const MOST_OF_GUESS = 3;
/** The same for what other accounts allow. */
const GROWTH_OF_PRIOR = 3e-4;
/** What other accounts allow is not believed of one whose own refusal lets expect so many times more or less. */
const LIKELY = 2;
/** A rate that was measured with fewer calls may be far off. */
const ENOUGH_CALLS = 6;
/** How much slower a rate grows with each measurement that confirms it. */
const CALM = 3;
/** How much of the earlier measurements is remembered with each new one. */
const REMEMBERED = 0.7;
/** Fewer calls measure nothing, where no stated waits say how empty the bucket was. */
const LEAST_CALLS = 3;
/** A longer stated wait is for a window to end, and says nothing of how fast a bucket refills. Milliseconds. */
const LONG_WAIT_MS = 1_000;
/** A bucket that is not used for this time is full: a longer pause says nothing of how fast it fills. Milliseconds. */
const LONGEST_GAP_MS = 60_000;
/** A call that waits looks again after this time. Milliseconds. */
const LOOK_AGAIN_MS = 15_000;
/** After a refusal the bucket is left to fill by this part of the refused call, since calls arrive sooner or later after they were sent. */
const SLACK = 0.7;
const MOST_SLACK_MS = 500;
/** A measurement that differs by less confirms the rate. */
const SAME_RATE = 0.05;
/** A rate that was confirmed so often grows no slower. */
const MOST_CONFIRMED = 3;
/** What is asked for is the mean of about this time. Milliseconds. */
const WANTED_MS = 2_000;
/** What another instance measured counts as much as so many calls. */
const MOST_TOLD = 40;
/** A refusal that is not longer ago has just been. Milliseconds. */
const JUST_MS = 1_000;

/** What was learned of one rate, as instances that share the account tell each other. */
export interface LearnedFigures {
  /** Units per millisecond that the whole account allows. */
  readonly perMs: number;
  /** With how many calls it was measured; 0: it is only guessed. */
  readonly calls: number;
}

/** A refusal, as far as a rate is learned from it. */
export interface Refusal {
  /** When the call was sent; milliseconds since the epoch. */
  readonly sentAt: number;
  /** What it would have taken. */
  readonly size: number;
  /** What all calls had taken when it was sent, itself included. */
  readonly soFar: number;
  /** How many they were. */
  readonly callsSoFar: number;
  /** When such a call would fit, by the vendor's word; milliseconds from its answer. */
  readonly waitMs: number | undefined;
}

/**
 * Learns a vendor's rate where no header tells: a refusal says that the bucket is empty, and a stated wait how empty. What was taken between two
 * refusals, over the time between them, is what refills it. Paces calls by it as the generic cell rate algorithm does.
 */
export class LearnedRate {
  /** Units (calls, tokens) that were taken and not refused, those of refused calls, and in how many milliseconds; earlier ones count less. */
  #taken = 0;
  #refused = 0;
  #ms = 0;
  /** Units per millisecond that the first stated wait lets expect: on average, a refused call has waited for half of what it takes. */
  #guess = Infinity;
  #confirmed = 0;
  #last: Refusal | undefined = undefined;
  /** When that call was sent, by how long this instance had the account for. */
  #lastOwnMs = 0;
  #refusedAt = -1;
  #callsSinceRefusal = 0;
  /** What the last measurement was, for both kinds of vendors: where refused calls take nothing, and where they are booked. */
  #perMsFree = 0;
  #perMsBooked = 0;
  #calls = 0;
  /** When the key was last used, and the idle time within the present measurement; milliseconds. */
  #activeAt = -1;
  #idleMs = 0;
  /** When the bucket was empty, if it never overflows; milliseconds since the epoch. */
  #emptyAt = 0;
  /** What a full bucket holds. */
  #burst = 0;
  /** This instance's part of the account, 0..1, since when, and for how long it had all of it before: rates are those of the whole account. */
  #part = 1;
  #partSince = 0;
  #ownMs = 0;
  /** What was left when it lost its last part. */
  #saved = 0;
  /** Instances divide the account. */
  #isShared = false;
  /** It had the same part since the last refusal. */
  #isSteady = true;
  /** The units asked for lately: their sum fades. */
  #wanted = 0;
  #wantedAt = 0;
  /** Another instance has told of the limit, and nothing was learned here since. */
  #wasTold = false;
  #isLimited = false;

  /** @param priors What is known of other accounts: it holds while this one was refused but not measured. */
  constructor(
    private readonly priors?: Pick<PriorRates, 'expected'>,
    private readonly cost?: RefusalCost,
  ) {}

  /** Units per millisecond that the account allows; Infinity while nothing is known. */
  get perMs(): number {
    if (this.#ms === 0) return this.#isGuess ? this.#guess : this.#prior;
    return (this.#taken + (this.cost?.isBooked ? this.#refused : 0)) / this.#ms;
  }

  /** The rate is known well enough to expect it of other accounts. */
  get isMeasured(): boolean {
    return this.#ms > 0 && this.#calls >= LEAST_CALLS;
  }

  /** There is a limit, and how high it is may be expected. */
  get isKnown(): boolean {
    return this.#isLimited && this.perMs < Infinity;
  }

  /** The latest that is known was learned by another instance. */
  get wasTold(): boolean {
    return this.#wasTold;
  }

  /** What this instance has learned. */
  get figures(): LearnedFigures {
    return { perMs: this.perMs, calls: this.#ms === 0 ? 0 : this.#calls };
  }

  /** What another instance has learned of the same account. */
  told({ perMs, calls }: LearnedFigures, now: number): void {
    this.#isLimited = this.#wasTold = true;
    if (this.#activeAt < 0) this.#activeAt = now;
    if (calls === 0) {
      this.#guess = Math.min(this.#guess, perMs);
      return;
    }
    this.#calls = Math.min(calls, MOST_TOLD);
    this.#ms = this.#calls / perMs;
    this.#taken = this.#calls;
    this.#refused = 0;
    this.#callsSinceRefusal = 0;
  }

  /** Sets this instance's part. It keeps what it has not used of what its parts allowed so far. */
  divide(part: number, now: number): void {
    if (part === this.#part) return;
    const before = this.#part;
    const perUnit = this.#msPerUnit;
    if (before > 0)
      this.#saved = perUnit > 0 ? Math.max(0, Math.min(this.#burst || Infinity, (now - this.#emptyAt) / perUnit)) : 0;
    this.#ownMs = this.#isLimited ? this.#ownAt(now) : 0;
    this.#partSince = now;
    this.#part = part;
    // When the limit was just found, nobody has used the account since.
    this.#isShared = true;
    this.#isSteady = before === 0 && this.#ownMs === 0 && now - this.#refusedAt < JUST_MS;
    if (this.#isSteady && this.#last !== undefined) this.#lastOwnMs = (this.#last.sentAt - now) * part;
    // A stated wait is for the whole account.
    if (part > 0 && this.#emptyAt < now) this.#emptyAt = now - this.#saved * this.#msPerUnit;
  }

  /** The units asked for lately, relative to what the account allows. */
  wanted(now: number): number {
    return this.isKnown ? this.#wantedBy(now) / WANTED_MS / this.perMs : 0;
  }

  started(size: number, now: number): void {
    this.#active(now);
    this.#wanted = this.#wantedBy(now) + size;
    this.#wantedAt = now;
    this.#callsSinceRefusal += 1;
    this.#burst = Math.max(this.#burst, 2 * size);
    const perUnit = this.#msPerUnit;
    if (perUnit === 0) return;
    const emptyAt = Math.max(this.#emptyAt, now - this.#burst * perUnit) + size * perUnit;
    this.#emptyAt = Math.min(emptyAt, now + LONGEST_GAP_MS);
  }

  /** A call was refused. Refusals of one burst count once. */
  refused(refusal: Refusal, now: number): void {
    const { sentAt, size, waitMs } = refusal;
    const last = this.#last;
    if (last !== undefined && sentAt < this.#refusedAt) {
      // The later of two refusals tells how empty the bucket was after both.
      if (refusal.soFar > last.soFar) this.#remember(refusal);
      // It was taken for one that went through.
      else this.#tookNothing(size);
      return;
    }
    this.#active(now);
    this.#refusedAt = now;
    this.#isLimited = true;
    const isMeasured = last !== undefined && this.#measure(last, refusal);
    if (isMeasured || this.#ms === 0) this.#wasTold = false;
    if (last !== undefined && !isMeasured && waitMs === undefined) return;
    if (last === undefined && waitMs !== undefined && waitMs < LONG_WAIT_MS)
      this.#guess = size / (2 * Math.max(1, waitMs));
    this.#remember(refusal);
    this.#idleMs = 0;
    this.#callsSinceRefusal = 0;
    const perUnit = this.#msPerUnit;
    if (perUnit === 0) return;
    // Where nothing was measured, the next call tells: it goes when the vendor says so.
    const slackMs = this.#ms === 0 ? 0 : Math.min(SLACK * size * perUnit, MOST_SLACK_MS);
    this.#emptyAt = Math.max(this.#emptyAt, now + (waitMs ?? 0) + slackMs - size * perUnit);
  }

  /**
   * Until when such a call may not go, milliseconds since the epoch; 0 if it may go now. One call may always run ahead, and one may go after
   * `LONGEST_GAP_MS` without any, however low the rate that was learned of a seldom used key.
   */
  blockedUntil(size: number, now: number): number {
    const fitsAt = Math.min(this.#emptyAt + size * this.#msPerUnit, this.#activeAt + LONGEST_GAP_MS);
    return fitsAt > now + ROUNDING_MS ? Math.min(fitsAt, now + LOOK_AGAIN_MS) : 0;
  }

  get #isGuess(): boolean {
    return this.#ms === 0 && this.#prior === Infinity;
  }

  /** What other accounts allow, as far as it may hold for this one: Infinity where nothing is known, or its own refusal says otherwise. */
  get #prior(): number {
    const expected = this.priors?.expected ?? Infinity;
    if (this.#guess === Infinity) return expected;
    return expected <= this.#guess * LIKELY && expected >= this.#guess / LIKELY ? expected : Infinity;
  }

  /** Of this instance's part, or of all where it has none; 0 while nothing is known. */
  get #msPerUnit(): number {
    if (!this.#isLimited) return 0;
    return 1 / (this.perMs * (this.#part || 1) * this.#grown);
  }

  /** By how much the rate has grown since the last refusal. */
  get #grown(): number {
    const calls = this.#callsSinceRefusal ** 3;
    if (this.#ms > 0) return 1 + this.#growthOfMeasured * calls;
    if (!this.#isGuess) return 1 + GROWTH_OF_PRIOR * calls;
    const grown = 1 + GROWTH_OF_GUESS * calls;
    // What refilled while the account passed from one instance to another would be taken for a faster refill.
    return this.#isShared ? Math.min(MOST_OF_GUESS, grown) * (1 + GROWTH_OF_PRIOR * calls) : grown;
  }

  #wantedBy(now: number): number {
    return this.#wanted * Math.exp(-Math.max(0, now - this.#wantedAt) / WANTED_MS);
  }

  /** How long this instance would have had the whole account for, by then; milliseconds. */
  #ownAt(at: number): number {
    return this.#ownMs + (at - this.#partSince) * this.#part;
  }

  /** The fewer calls a rate was measured with, the faster it grows. */
  get #growthOfMeasured(): number {
    return (GROWTH * Math.max(1, (ENOUGH_CALLS / this.#calls) ** 2)) / (1 + CALM * this.#confirmed);
  }

  /** A call that was counted in the last measurement turned out to be refused. */
  #tookNothing(size: number): void {
    this.#taken -= size;
    this.#refused += size;
    this.#calls -= 1;
    if (this.#taken > 0 && this.#calls > 0) return;
    this.#taken = this.#refused = this.#ms = this.#calls = 0;
  }

  #remember(refusal: Refusal): void {
    this.#last = refusal;
    this.#lastOwnMs = this.#ownAt(refusal.sentAt);
    this.#isSteady = this.#part > 0;
  }

  #active(now: number): void {
    if (this.#activeAt >= 0) this.#idleMs += Math.max(0, now - this.#activeAt - LONGEST_GAP_MS) * this.#part;
    this.#activeAt = now;
  }

  /** False where too little lies between the two refusals. */
  #measure(last: Refusal, { soFar, callsSoFar, size, sentAt, waitMs }: Refusal): boolean {
    // What others have taken meanwhile is not known.
    if (!this.#isSteady) return false;
    const calls = callsSoFar - last.callsSoFar - 1;
    const isExact = waitMs !== undefined && last.waitMs !== undefined;
    if (calls < (isExact ? 1 : LEAST_CALLS)) return false;
    const taken = soFar - last.soFar - size + (isExact ? size - last.size : 0);
    const wait = isExact ? (waitMs - last.waitMs) * this.#part : 0;
    const ms = this.#ownAt(sentAt) - this.#lastOwnMs - this.#idleMs + wait;
    if (taken <= 0 || ms <= 0) return false;
    const before = this.perMs;
    this.#taken = this.#taken * REMEMBERED + taken;
    this.#refused = this.#refused * REMEMBERED + size;
    this.#ms = this.#ms * REMEMBERED + ms;
    this.#calls += calls;
    if (isExact) this.#compare(taken / ms, (taken + size) / ms);
    const isSame = Math.abs(taken / ms / before - 1) < SAME_RATE;
    this.#confirmed = isSame ? Math.min(MOST_CONFIRMED, this.#confirmed + 1) : 0;
    return true;
  }

  /** The same rate is measured again and again by whichever way of counting is the vendor's. */
  #compare(free: number, booked: number): void {
    if (this.#perMsFree > 0)
      this.cost?.compared(Math.abs(Math.log(free / this.#perMsFree)), Math.abs(Math.log(booked / this.#perMsBooked)));
    this.#perMsFree = free;
    this.#perMsBooked = booked;
  }
}

const ROUNDING_MS = 1e-6;
