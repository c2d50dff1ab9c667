import { VENDORS, type VendorName } from '../cast';
import { keyLine } from '../print';
import type { Stage } from '../stage';
import type { Behaviour } from '../../test/simulator';
import type { Outcome } from '../../src/key-management';

export const title = 'Keys that die in the middle of the day cost the caller nothing';

const FATES: Readonly<Record<string, Behaviour>> = {
  alpha: { kind: 'invalid' },
  bravo: { kind: 'exhausted' },
  charlie: { kind: 'alwaysRateLimited', retryAfterMs: 3_000 },
};

// Google has no removal for a spent quota in the specification: such a key cools down.
const outcomesAt = (vendor: VendorName): Readonly<Record<string, Outcome>> => ({
  alpha: 'invalid_key',
  bravo: vendor === 'google' ? 'rate_limited' : 'quota_exceeded',
  charlie: 'rate_limited',
});

export async function play(stage: Stage): Promise<void> {
  for (const vendor of VENDORS) await killKeysOf(vendor, stage);
}

async function killKeysOf(vendor: VendorName, stage: Stage): Promise<void> {
  const { promises } = stage;
  for (const [label, fate] of Object.entries(FATES)) stage.script(vendor, label, fate);
  const outcomes: Record<string, Outcome> = {};
  let failed = 0;
  // The pool chooses which key is next: calls are made until every key that will die was used.
  for (let call = 1; call <= 12 && Object.keys(outcomes).length < 3; call += 1) {
    const result = await stage.ask(vendor, `call ${call}`);
    if (!result.success) failed += 1;
    for (const { keyId, outcome } of result.attempts) if (outcome !== 'ok') outcomes[stage.labelOf(keyId)] = outcome;
  }
  for (const label of Object.keys(FATES)) keyLine(stage.snapshot(vendor, label));
  const expected = outcomesAt(vendor);
  const asForeseen = Object.keys(FATES).every((label) => outcomes[label] === expected[label]);
  promises.expect(
    `${vendor}: revoked, spent and rate-limited keys were each recognised, and every call succeeded`,
    asForeseen && failed === 0,
  );

  const next = await stage.ask(vendor, 'the next call');
  promises.expect(
    'they are out of the pool at once: the next call succeeds at its first attempt',
    next.success && next.attemptsMade === 1,
  );
}
