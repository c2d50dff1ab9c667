import type { KeyStatus } from '../src/key-management';
import { fakeKey, type Behaviour } from '../test/simulator';

export const VENDORS = ['openai', 'anthropic', 'google'] as const;
export type VendorName = (typeof VENDORS)[number];

/** One key of the demo: what it is called, how its vendor treats it, and what its first health check must say. */
export interface Role {
  readonly label: string;
  readonly key: string;
  readonly behaviour: Behaviour;
  readonly expectedStatus: KeyStatus;
}

type Part = readonly [label: string, expectedStatus: KeyStatus, behaviour: Behaviour];

const WORKING: readonly Part[] = ['alpha', 'bravo', 'charlie', 'delta'].map((label) => [
  label,
  'healthy',
  { kind: 'valid' },
]);
const NEXT_WEEK = new Date(Date.now() + 7 * 24 * 3_600_000);

const PARTS: Readonly<Record<VendorName, readonly Part[]>> = {
  openai: [
    ...WORKING,
    ['mistyped', 'invalid_key', { kind: 'invalid' }],
    ['suspended', 'invalid_key', { kind: 'invalid', variant: 'account_deactivated' }],
    ['drained', 'quota_exceeded', { kind: 'exhausted' }],
    ['slow', 'healthy', { kind: 'slow', latencyMs: 250 }],
  ],
  anthropic: [
    ...WORKING,
    ['mistyped', 'invalid_key', { kind: 'invalid' }],
    ['suspended', 'invalid_key', { kind: 'invalid', variant: 'organization_disabled' }],
    ['drained', 'quota_exceeded', { kind: 'exhausted' }],
    ['capped', 'quota_exceeded', { kind: 'exhausted', regainAt: NEXT_WEEK }],
  ],
  google: [
    ...WORKING,
    ['mistyped', 'invalid_key', { kind: 'invalid' }],
    ['leaked', 'invalid_key', { kind: 'invalid', variant: 'leaked' }],
    ['forbidden', 'cooling_down', { kind: 'permissionDenied' }],
    ['busy', 'rate_limited', { kind: 'alwaysRateLimited', retryAfterMs: 60_000 }],
  ],
};

const FIRST_NUMBER: Readonly<Record<VendorName, number>> = { openai: 100, anthropic: 200, google: 300 };

/** Fake keys of the vendor's own shape. */
export const castOf = (vendor: VendorName): Role[] =>
  PARTS[vendor].map(([label, expectedStatus, behaviour], index) => ({
    label,
    key: fakeKey(vendor, FIRST_NUMBER[vendor] + index),
    behaviour,
    expectedStatus,
  }));
