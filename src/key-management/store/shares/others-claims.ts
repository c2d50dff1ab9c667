import type { Clock } from '../../common/clock';
import { getOrCreate } from '../../common/get-or-create';
import type { BudgetUnit } from '../../pool/limits/budget';
import type { StoreLink } from '../sync/store-link';
import { isLess, type Claim } from './claims';

/** An instance counts as gone when for this long neither a heartbeat nor a claim of it was heard: a claim may be there before the first heartbeat. */
const GONE_MS = 20_000;

/** What of the instances is needed. */
export interface ClaimingInstances {
  readonly count: number;
  has(instance: string): boolean;
}

/** What other instances have claimed and used, by document, as it was last heard; and what of it is free again since they are gone. */
export class OthersClaims {
  readonly #claims = new Map<string, Map<string, Claim>>();
  /** When a claim of an instance was last heard that was not known. Milliseconds since the epoch. */
  readonly #heardAt = new Map<string, number>();
  #cancelSettle: (() => void) | undefined;

  /** @param freed Called when something of the document, of the period that ends then, is free again. */
  constructor(
    private readonly link: Pick<StoreLink, 'shared'>,
    private readonly instances: ClaimingInstances,
    private readonly clock: Clock,
    private readonly freed: (doc: string, endsAt: number) => void,
  ) {}

  /** @param isNews It was written since this was last heard; otherwise it may be as known. */
  heard(doc: string, instance: string, claim: Claim | undefined, isNews: boolean): void {
    if (isNews || !this.#heardAt.has(instance)) this.#heardAt.set(instance, this.clock.now());
    if (!this.instances.has(instance) && !this.#isGone(instance))
      this.#cancelSettle ??= this.clock.after(GONE_MS, () => this.settle(), false);
    if (claim === undefined) return;
    const claims = getOrCreate(this.#claims, doc, () => new Map<string, Claim>());
    const before = claims.get(instance);
    claims.set(instance, claim);
    if (before !== undefined && isLess(claim, before)) this.freed(doc, claim.endsAt);
  }

  /** What they have used: of those that are gone, what they may have used. */
  usedIn(doc: string, endsAt: number, unit: BudgetUnit): number {
    const usedOf = (instance: string, claim: Claim): number =>
      (this.#isGone(instance) ? undefined : claim.used?.[unit]) ?? this.#takenBy(instance, claim, unit);
    return this.#sumIn(doc, endsAt, usedOf);
  }

  /** What nobody else may use: all that they have claimed, and of those that are gone what they may have used. */
  takenIn(doc: string, endsAt: number, unit: BudgetUnit): number {
    return this.#sumIn(doc, endsAt, (instance, claim) => this.#takenBy(instance, claim, unit));
  }

  /** Tells what is free again of instances that are gone. Comes back where others may count as gone later. */
  settle(): void {
    this.stop();
    for (const [doc, claims] of this.#claims)
      for (const [instance, { endsAt }] of claims) if (this.#isGone(instance)) this.freed(doc, endsAt);
    const now = this.clock.now();
    const waits = [...this.#heardAt].flatMap(([instance, heardAt]) =>
      this.instances.has(instance) || this.#isGone(instance) ? [] : [heardAt + GONE_MS - now],
    );
    if (waits.length > 0) this.#cancelSettle = this.clock.after(Math.min(...waits), () => this.settle(), false);
  }

  /** Forgets periods that ended before that. */
  forget(before: number): void {
    for (const [doc, claims] of this.#claims) {
      for (const [instance, { endsAt }] of claims) if (endsAt < before) claims.delete(instance);
      if (claims.size === 0) this.#claims.delete(doc);
    }
    // Whoever was heard that long ago and is not there is gone, also when it is not known any more when it was heard.
    for (const [instance, heardAt] of this.#heardAt) if (heardAt < before) this.#heardAt.delete(instance);
  }

  /** Forgets the documents whose name begins so. */
  forgetUnder(place: string): void {
    for (const doc of this.#claims.keys()) if (doc.startsWith(place)) this.#claims.delete(doc);
  }

  stop(): void {
    this.#cancelSettle?.();
    this.#cancelSettle = undefined;
  }

  #sumIn(doc: string, endsAt: number, amountOf: (instance: string, claim: Claim) => number): number {
    let sum = 0;
    for (const [instance, claim] of this.#claims.get(doc) ?? [])
      if (claim.endsAt === endsAt) sum += amountOf(instance, claim);
    return sum;
  }

  #takenBy(instance: string, { claimed, upTo }: Claim, unit: BudgetUnit): number {
    return (this.#isGone(instance) ? upTo?.[unit] : undefined) ?? claimed[unit] ?? 0;
  }

  /** Whether of an instance nothing is to come any more. */
  #isGone(instance: string): boolean {
    if (this.instances.has(instance)) return false;
    return !this.link.shared || this.clock.now() - (this.#heardAt.get(instance) ?? 0) >= GONE_MS;
  }
}
