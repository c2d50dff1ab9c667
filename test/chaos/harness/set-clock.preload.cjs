/*
 * Loaded before an app (`node --require`). Its clock is off by CLOCK_AHEAD_MS from the start, where that is set. SIGWINCH sets it an hour
 * forward, SIGUSR2 an hour back.
 */
const TrueDate = Date;
let ahead = Number(process.env.CLOCK_AHEAD_MS ?? 0);
globalThis.Date = class extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + ahead);
    else super(...given);
  }
  static now() {
    return TrueDate.now() + ahead;
  }
};
process.on('SIGWINCH', () => (ahead += 3_600_000));
process.on('SIGUSR2', () => (ahead -= 3_600_000));
