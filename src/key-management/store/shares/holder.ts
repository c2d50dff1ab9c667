import type { GrantedPart } from '../../pool/limits/part';
import { isLater, isSame, NO_LEADER, type Claim, type Grant, type Leadership, type Report } from './messages';

/** A grant is taken only as the answer to one of the last so many reports. */
const REMEMBERED = 16;

/** What a grant did to the parts of its holder. */
export interface Granted {
  /** The parts that are other than before; 0 where it has none any more. */
  readonly changes: ReadonlyMap<string, GrantedPart>;
  /** Some are less: the leader waits to hear that they are followed. */
  readonly isLess: boolean;
}

const NOTHING: Granted = { changes: new Map(), isLess: false };

/**
 * The parts that this instance has, for one provider. It follows one leader, the latest that it has heard of, and of its grants only those
 * after the last one; and uses a part only until its lease is over, counted from when the report was sent that the grant answers.
 */
export class Holder {
  #leadership: Leadership = NO_LEADER;
  #sequence = 0;
  #seen = 0;
  #answered = 0;
  /** When each of the last reports was sent. */
  readonly #sentAt = new Map<number, number>();
  #parts = new Map<string, number>();
  #endsAt = 0;
  #isFallback = false;

  get parts(): ReadonlyMap<string, number> {
    return this.#parts;
  }

  /** When the leases are over, or were; 0 before the first. */
  get endsAt(): number {
    return this.#endsAt;
  }

  /** It uses what it may without the store. */
  get isFallback(): boolean {
    return this.#isFallback;
  }

  /** The last report was answered. */
  get isAnswered(): boolean {
    return this.#answered === this.#sequence;
  }

  /** A leader was heard of. Answers whether that is news: then it is to hear what this instance has. */
  follow(leadership: Leadership): boolean {
    if (!isLater(leadership, this.#leadership)) return false;
    this.#leadership = leadership;
    this.#seen = 0;
    return true;
  }

  report(claims: ReadonlyMap<string, Claim>, now: number): Report {
    this.#sequence += 1;
    this.#sentAt.set(this.#sequence, now);
    this.#sentAt.delete(this.#sequence - REMEMBERED);
    const { term, leader } = this.#leadership;
    return { term, leader, sequence: this.#sequence, seen: this.#seen, isFallback: this.#isFallback, claims };
  }

  granted(grant: Grant, now: number): Granted {
    if (isLater(this.#leadership, grant)) return NOTHING;
    this.follow(grant);
    if (!isSame(grant, this.#leadership) || grant.number <= this.#seen) return NOTHING;
    const sentAt = this.#sentAt.get(grant.answers);
    // An earlier life of this instance, or a leader that was held up for very long.
    if (sentAt === undefined) return NOTHING;
    this.#seen = grant.number;
    const endsAt = sentAt + grant.lastsMs;
    if (endsAt <= now) return NOTHING;
    this.#answered = Math.max(this.#answered, grant.answers);
    this.#endsAt = endsAt;
    this.#isFallback = false;
    return this.#set(grant.parts);
  }

  /** Ends what is over. */
  expire(now: number): Granted {
    if (this.#isFallback || now < this.#endsAt) return NOTHING;
    return this.#set(new Map());
  }

  /** From now on it uses these parts, which no leader gave. */
  fallBack(parts: ReadonlyMap<string, GrantedPart>): Granted {
    this.#isFallback = true;
    return this.#set(parts);
  }

  /** Ends the use of parts that no leader gave. */
  endFallback(): Granted {
    this.#isFallback = false;
    return this.#set(new Map());
  }

  #set(parts: ReadonlyMap<string, GrantedPart>): Granted {
    const before = this.#parts;
    const changes = new Map<string, GrantedPart>();
    let isLess = false;
    for (const [account, part] of parts) if (before.get(account) !== part.fraction) changes.set(account, part);
    for (const [account, fraction] of before) {
      const now = parts.get(account)?.fraction ?? 0;
      if (now < fraction) isLess = true;
      if (now === 0) changes.set(account, { fraction: 0, level: 0 });
    }
    this.#parts = new Map(Array.from(parts, ([account, { fraction }]) => [account, fraction] as const));
    return { changes, isLess };
  }
}
