import type { Served } from '../policies/served';
import type { VendorShape } from '../policies/vendor';

/** To the process of the vendor. Times are milliseconds since the epoch. */
export type VendorCommand =
  | { readonly do: 'begin'; readonly shape: VendorShape; readonly startsAt: number; readonly endsAt: number }
  | { readonly do: 'report' };

export type VendorTold =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'begun' }
  | {
      readonly kind: 'report';
      readonly all: Served['all'];
      readonly later: Served['later'];
      readonly within: Served['within'];
      /** The most that could be had while calls came. */
      readonly most: number;
    };

/** To an instance of the app. */
export type MemberCommand =
  | {
      readonly do: 'call';
      readonly startsAt: number;
      readonly endsAt: number;
      /** Milliseconds between two calls, in the mean. */
      readonly gapMs: number;
      readonly tokens?: { readonly least: number; readonly most: number };
      readonly maxWaitMs: number;
      readonly seed: number;
    }
  | { readonly do: 'close' };

export type MemberTold =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'called';
      readonly offered: number;
      /** What the calls asked for, in tokens. */
      readonly tokens: number;
      readonly lost: number;
      /** Why the first call was lost, where one was. */
      readonly reasons: readonly string[];
    };
