/** A command to a member. */
export type Command =
  | { readonly do: 'call'; readonly ms: number; readonly perSecond: number }
  | { readonly do: 'remove' }
  | { readonly do: 'close' };

/** A message of a member. Times are milliseconds since the epoch. */
export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'called'; readonly calls: number; readonly cpuMs: number }
  | { readonly kind: 'removed'; readonly keyId: string; readonly at: number }
  | { readonly kind: 'heard'; readonly keyId: string; readonly at: number };
