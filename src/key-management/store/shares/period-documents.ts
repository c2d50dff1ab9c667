import { createHash } from 'node:crypto';
import { getOrCreate } from '../../common/get-or-create';
import { storedNameOf } from '../../pool/account-meters';
import type { PeriodMeter } from '../../pool/limits/period-meter';

/** A document per period that is counted: `day-limits/<provider>/<hash>`, in which each instance has a register of its own. */
export const CLAIMS = 'day-limits/';

/** A meter with the document of its present period. */
export interface MeterDocument {
  readonly meter: PeriodMeter;
  readonly doc: string;
}

/** Which document counts the present period of which meters. */
export class PeriodDocuments {
  readonly #documents = new WeakMap<PeriodMeter, { readonly endsAt: number; readonly doc: string }>();
  readonly #meters = new Map<string, Set<PeriodMeter>>();

  /** The meter with the document of its present period. @param now Milliseconds since the epoch. */
  of(provider: string, meter: PeriodMeter, now: number): MeterDocument {
    const endsAt = meter.endsAt(now);
    const known = this.#documents.get(meter);
    if (known?.endsAt === endsAt) return { meter, doc: known.doc };
    const doc = documentOf(provider, meter, endsAt);
    if (known) this.#meters.get(known.doc)?.delete(meter);
    this.#documents.set(meter, { endsAt, doc });
    getOrCreate(this.#meters, doc, () => new Set<PeriodMeter>()).add(meter);
    return { meter, doc };
  }

  metersOf(doc: string): Iterable<PeriodMeter> {
    return this.#meters.get(doc) ?? [];
  }

  drop({ meter, doc }: MeterDocument): void {
    this.#documents.delete(meter);
    this.#meters.get(doc)?.delete(meter);
  }

  /** Forgets periods that ended before that. */
  forget(before: number): void {
    for (const [doc, meters] of this.#meters) {
      for (const meter of meters) if (this.#documents.get(meter)!.endsAt < before) this.drop({ meter, doc });
      if (meters.size === 0) this.#meters.delete(doc);
    }
  }
}

/** Short periods have a document for each day: the registers of instances that are gone would add up in one that is always in use. */
function documentOf(provider: string, { terms }: PeriodMeter, endsAt: number): string {
  const isShort = terms.per === 'minute' || terms.per === 'hour';
  const name = storedNameOf(terms) + (isShort ? ` ${new Date(endsAt).toISOString().slice(0, 10)}` : '');
  return `${CLAIMS}${provider}/${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
