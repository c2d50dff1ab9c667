/** The calls of a fleet: each instance makes them at an even pace, the instances one after the other. */
export interface Calling {
  readonly ms: number;
  readonly perSecond: number;
}

/** What an instance tells of the calls of all instances: by the calls, and by the keys. */
export interface Counts {
  readonly requests: number;
  readonly successes: number;
}

/** A command to a process. `first` is the number of its first instance, of `all` in the fleet. */
export type Command =
  | ({ readonly do: 'call'; readonly first: number; readonly all: number } & Calling)
  | { readonly do: 'remove'; readonly instance: number }
  /** What its instance of this number tells; nothing, where it has fewer. */
  | { readonly do: 'look'; readonly instance: number }
  | { readonly do: 'close' };

/** A message of a process. Times are milliseconds since the epoch. */
export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'called'; readonly calls: number; readonly cpuMs: number }
  | { readonly kind: 'removed'; readonly keyId: string; readonly at: number }
  /** So many instances of the process have received the removal, which are all; the last of them at `at`. */
  | { readonly kind: 'heard'; readonly keyId: string; readonly instances: number; readonly at: number }
  | { readonly kind: 'looked'; readonly counts: readonly Counts[] };
