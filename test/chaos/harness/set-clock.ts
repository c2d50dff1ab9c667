const TrueDate = Date;
let ahead = 0;

/** A `Date` that is `ahead` milliseconds off, as if the machine's clock were set. Elapsed time is not changed. */
class SetDate extends TrueDate {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(TrueDate.now() + ahead);
    // A Date takes more than one argument as well.
    else super(...given);
  }

  static override now(): number {
    return TrueDate.now() + ahead;
  }
}

/** Sets the clock of this process off by milliseconds; 0 sets it right again. */
export function setClock(ms: number): void {
  ahead = ms;
  globalThis.Date = ms === 0 ? TrueDate : (SetDate as DateConstructor);
}
