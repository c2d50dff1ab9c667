const TrueDate = Date;
let ahead = 0;

/** The machine's clock as everybody in this process reads it, set by so many milliseconds. Elapsed time goes on as it does. */
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

/** Sets the clock of this process; 0 sets it right again. */
export function setClock(ms: number): void {
  ahead = ms;
  globalThis.Date = ms === 0 ? TrueDate : (SetDate as DateConstructor);
}
