import type { Clock } from '../../common/clock';
import type { KeyPool } from '../../pool/key-pool';
import type { BoundIds } from '../../vendors/contract/bound-ids';
import { BoundMemory, type BoundLink, type Maker } from './bound-memory';
import { rememberedAs, type ObjectId } from './object-ids';

/**
 * Where a call goes that names objects of one account. `account`: to this one alone, as the pool names it. `unknown`: nobody knows whose they
 * are. `several`: they belong to several accounts, so that none can serve the call.
 */
export type Place =
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'several'; readonly owners: readonly Owner[] };

/** An object that a call names, and the account that made it. */
export interface Owner {
  readonly object: ObjectId;
  readonly account: string;
}

/** What kind of object the id is of that a caller of `execute` has chosen. */
export const CALLERS_OWN = 'affinity';
/** What kind of object a URL is of that the parts of an upload go to. */
export const UPLOAD_URL = 'upload URL';

/** How long an id is waited for that another instance may be telling just now. Milliseconds. */
const TOLD_WITHIN_MS = 250;

/** What is known of the objects that belong to one account: who made them, and so where a call goes that names one. */
export class BoundObjects {
  readonly memory: BoundMemory;

  constructor(link: BoundLink, clock: Clock) {
    this.memory = new BoundMemory(link, clock);
  }

  /** Where a call with these ids goes. There is at least one. */
  async placeOf(pool: KeyPool, objects: readonly ObjectId[]): Promise<Place> {
    const owners: Owner[] = [];
    for (const object of objects) {
      const maker = this.memory.find(pool.provider, rememberedAs(object));
      if (maker) owners.push({ object, account: accountOf(pool, maker) });
    }
    const [first] = owners;
    if (!first) return this.#placeOfNew(pool, objects[0]!);
    return owners.every(({ account }) => account === first.account)
      ? { kind: 'account', account: first.account }
      : { kind: 'several', owners };
  }

  /** The same of an object that this instance does not know. */
  async #placeOfNew(pool: KeyPool, object: ObjectId): Promise<Place> {
    const maker = await this.memory.findSoon(pool.provider, rememberedAs(object), TOLD_WITHIN_MS);
    return maker ? { kind: 'account', account: accountOf(pool, maker) } : { kind: 'unknown' };
  }

  /** The objects belong to the account of the key. @param kinds What the vendor's profile says of them. */
  bind(pool: KeyPool, objects: readonly ObjectId[], keyId: string, kinds: BoundIds['kinds'] = []): void {
    const maker = { keyId, account: pool.record(keyId)?.account?.name };
    for (const object of objects) {
      const id = rememberedAs(object);
      const known = this.memory.find(pool.provider, id);
      // Another key of the account says nothing new, unless only now it is known which account that is.
      if (
        known &&
        (known.account ?? maker.account) === known.account &&
        accountOf(pool, known) === accountOf(pool, maker)
      )
        continue;
      const keptDays = kinds.find(({ kind }) => kind === object.kind)?.keptDays ?? DEFAULT_KEPT_DAYS;
      this.memory.bind(pool.provider, id, maker, keptDays);
    }
  }

  /** The same of those that nobody knows yet: the first call that succeeds decides. */
  bindNew(pool: KeyPool, objects: readonly ObjectId[], keyId: string, kinds?: BoundIds['kinds']): void {
    const isNew = (object: ObjectId): boolean => this.memory.find(pool.provider, rememberedAs(object)) === undefined;
    this.bind(pool, objects.filter(isNew), keyId, kinds);
  }
}

const DEFAULT_KEPT_DAYS = 30;

/** The account of a maker, as the pool names it: what is known of the key now, or was known when the object was made; else the key alone. */
const accountOf = (pool: KeyPool, { keyId, account }: Maker): string => {
  const record = pool.record(keyId);
  return (record ? record.account?.name : account) ?? keyId;
};
