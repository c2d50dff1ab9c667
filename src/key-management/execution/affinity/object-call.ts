import type { ResolvedOptions } from '../../configuration/resolved-options';
import type { KeyPool } from '../../pool/key-pool';
import type { BoundIds } from '../../vendors/contract/bound-ids';
import type { Vendor } from '../../vendors/contract/vendor';
import type { RunOptions } from '../execution-settings';
import type { ExecuteOptions } from '../execution.types';
import { hardIdOf } from './affinity-target';
import { CALLERS_OWN, UPLOAD_URL, type BoundObjects, type Place } from './bound-objects';
import { idReader, type IdReader, type NamingRequest, type Telling } from './id-reader';
import { rememberedAs, type ObjectId } from './object-ids';
import type { AnswerIds } from './passing-ids';

const DEFAULT_ACCOUNTS_ASKED = 8;
/** Parts of an upload follow each other within this time. Days. */
const UPLOAD_KINDS: BoundIds['kinds'] = [{ kind: UPLOAD_URL, keptDays: 2 }];

/** A vendor without any may have uploads all the same. */
const NO_IDS: BoundIds = { kinds: [], notFound: [] };

/** What a call of the managed fetch is told beside its other options, for the sake of the objects that it names. */
export type ObjectOptions = Pick<RunOptions, 'affinity' | 'notFound' | 'asksAround'>;

/** A call of the managed fetch that names objects of one account, or makes some. */
export class ObjectCall {
  readonly #reader: IdReader;

  private constructor(
    private readonly pool: KeyPool,
    private readonly bound: BoundObjects,
    private readonly boundIds: BoundIds,
    private readonly named: readonly ObjectId[],
    private readonly telling: Telling | undefined,
  ) {
    this.#reader = idReader(boundIds);
  }

  /** Undefined where the call has nothing to do with such objects, as nearly always. @param url Where it goes, as it is sent. */
  static of(
    pool: KeyPool,
    bound: BoundObjects,
    { boundIds = NO_IDS, uploadUrlHeader }: Pick<Vendor, 'boundIds' | 'uploadUrlHeader'>,
    request: NamingRequest & { readonly url: string; readonly affinity: ExecuteOptions['affinity'] },
  ): ObjectCall | undefined {
    const own = hardIdOf(request.affinity);
    if (boundIds === NO_IDS && uploadUrlHeader === undefined && own === undefined) return undefined;
    const reader = idReader(boundIds);
    const upload = uploadUrlHeader === undefined ? undefined : uploadOf(pool, bound, request.url);
    const inRequest = upload ? [upload] : reader.named(request);
    const named = own === undefined ? inRequest : [{ kind: CALLERS_OWN, id: own }, ...inRequest];
    const telling = reader.telling(request);
    if (named.length === 0 && telling === undefined) return undefined;
    return new ObjectCall(pool, bound, boundIds, named, telling);
  }

  /** Where the call goes; undefined where it names nothing. */
  place(): Promise<Place> | undefined {
    return this.named.length === 0 ? undefined : this.bound.placeOf(this.pool, this.named);
  }

  /** @param most Accounts to ask at the most for what nobody knows. */
  options(place: Place | undefined, most: number): ObjectOptions | undefined {
    if (place === undefined) return undefined;
    const { notFound } = this.boundIds;
    if (place.kind === 'account') return { affinity: { kind: 'hard', account: place.account }, notFound };
    return { notFound, asksAround: { most } };
  }

  /** Who is told of the ids in the answer; undefined where it has none. */
  get answerIds(): AnswerIds | undefined {
    if (this.telling === undefined) return undefined;
    const { pool, bound, boundIds, telling } = this;
    return { reader: this.#reader, telling, onTold: (ids, keyId) => bound.bind(pool, ids, keyId, boundIds.kinds) };
  }

  /** The call was answered well: what it names belongs to the account that answered. */
  answered(keyId: string): void {
    if (this.named.length > 0) this.bound.bindNew(this.pool, this.named, keyId, this.boundIds.kinds);
  }
}

/** The upload that a request sends a part of, where it is one that began here or on another instance. */
function uploadOf(pool: KeyPool, { memory }: BoundObjects, url: string): ObjectId | undefined {
  if (memory.count(pool.provider) === 0) return undefined;
  const upload = { kind: UPLOAD_URL, id: url };
  return memory.find(pool.provider, rememberedAs(upload)) && upload;
}

/** An upload began: its parts go to this URL, with keys of the same account. */
export function uploadBegan(pool: KeyPool, bound: BoundObjects, url: string, keyId: string): void {
  if (URL.canParse(url)) bound.bind(pool, [{ kind: UPLOAD_URL, id: new URL(url).href }], keyId, UPLOAD_KINDS);
}

/** How many accounts of the provider are asked for an object of which nobody knows whose it is. */
export const mostAsked = ({ providers }: Pick<ResolvedOptions, 'providers'>, provider: string): number =>
  providers.get(provider)?.maxAccountsAsked ?? DEFAULT_ACCOUNTS_ASKED;
