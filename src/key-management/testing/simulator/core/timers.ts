/** Runs a callback later and returns the way to call it off. */
export type SetTimer = (callback: () => void, ms: number) => () => void;

// Taken at load: a test that fakes its timers must not freeze the vendor it talks to.
const set = setTimeout;
const clear = clearTimeout;

export const realTimer: SetTimer = (callback, ms) => {
  const timer = set(callback, ms);
  return () => clear(timer);
};
