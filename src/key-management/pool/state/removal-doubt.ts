import { refusalWords } from '../../classification/refusal-words';
import type { Classification } from '../../classification/classification';

/** This many different keys that fall to the same evidence within the window put the evidence in doubt. */
export const KEYS_IN_DOUBT = 3;
/** The window; and the doubt ends when the evidence was not seen for this long. Milliseconds. */
export const DOUBT_MS = 60_000;
/** A proxy may answer in any words: of more kinds of evidence, the kind that was seen longest ago is forgotten. */
const MOST_KINDS = 64;

/** How long a key cools down that only evidence in doubt would remove, milliseconds. */
export const DOUBTED_COOLDOWN_MS = 10_000;

/**
 * `believed`: the removal stands. `doubted`: it does not. `begins`: it does not either, and with it the evidence came into doubt, so that the
 * removals that it caused within the window are to be taken back.
 */
type Belief = 'believed' | 'begins' | 'doubted';

/** One kind of evidence. Keys are by id, the one condemned longest ago first. Times are milliseconds since the epoch. */
interface Kind<Removal> {
  readonly condemned: Map<string, { readonly at: number; removal?: Removal | undefined }>;
  doubtedUntil: number;
}

/**
 * What condemns one key may be the key's fault. What condemns three within a minute in the same words, with nothing but the status table behind it,
 * is rather a proxy's answer, an address that is wrong, or the vendor's own trouble. Counts what each kind of evidence did, and remembers the
 * removals that may have to be taken back. Pure but for its own memory: it reads no clock, and changes no key.
 */
export class RemovalDoubt<Removal> {
  readonly #kinds = new Map<string, Kind<Removal>>();

  /** Counts that the evidence would remove the key. */
  condemned(evidence: string, keyId: string, now: number): Belief {
    const kind = this.#seen(evidence, now);
    if (kind.doubtedUntil > now) {
      kind.doubtedUntil = now + DOUBT_MS;
      return 'doubted';
    }
    const removal = kind.condemned.get(keyId)?.removal;
    kind.condemned.delete(keyId);
    kind.condemned.set(keyId, { at: now, removal });
    if (kind.condemned.size < KEYS_IN_DOUBT) return 'believed';
    kind.doubtedUntil = now + DOUBT_MS;
    return 'begins';
  }

  /** Whether any evidence is in doubt: the sentence of it is seen still, or was within the window. */
  holds(now: number): boolean {
    for (const { doubtedUntil } of this.#kinds.values()) if (doubtedUntil > now) return true;
    return false;
  }

  /** Remembers what the evidence did to the key, in case that it is doubted within the window. */
  removed(evidence: string, keyId: string, removal: Removal): void {
    const entry = this.#kinds.get(evidence)?.condemned.get(keyId);
    if (entry) entry.removal = removal;
  }

  /** The removals of this key that are no older than the window. Each is given once. */
  takeBack(keyId: string, now: number): Removal[] {
    const removals: Removal[] = [];
    for (const { condemned } of this.#kinds.values()) {
      const entry = condemned.get(keyId);
      if (entry?.removal === undefined) continue;
      if (now - entry.at <= DOUBT_MS) removals.push(entry.removal);
      entry.removal = undefined;
    }
    return removals;
  }

  /** All removals by the evidence that are no older than the window. Each is given once. */
  takeAllBack(evidence: string, now: number): Removal[] {
    const kind = this.#kinds.get(evidence);
    if (!kind) return [];
    const removals = Array.from(kind.condemned.values(), ({ at, removal }) =>
      now - at > DOUBT_MS ? undefined : removal,
    );
    kind.condemned.clear();
    return removals.filter((removal) => removal !== undefined);
  }

  /** The kind of evidence, as the one seen last, without what the window has passed by. */
  #seen(evidence: string, now: number): Kind<Removal> {
    const kind: Kind<Removal> = this.#kinds.get(evidence) ?? { condemned: new Map(), doubtedUntil: -Infinity };
    this.#kinds.delete(evidence);
    this.#kinds.set(evidence, kind);
    for (const [keyId, { at }] of kind.condemned) {
      if (now - at <= DOUBT_MS) break;
      kind.condemned.delete(keyId);
    }
    const [oldest = evidence] = this.#kinds.keys();
    if (this.#kinds.size > MOST_KINDS) this.#kinds.delete(oldest);
    return kind;
  }
}

/** What makes two condemnations the same: outcome, status, and the words without what varies from key to key. */
export const evidenceOf = (classification: Classification): string =>
  `${classification.status ?? '-'} ${refusalWords(classification)}`;
