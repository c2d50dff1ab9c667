import { isRemoved } from '../helpers';
import { VENDORS } from '../cast';
import type { Stage } from '../stage';

export const title = 'Calls go out with the official SDKs, and take turns over the good keys';

export async function play(stage: Stage): Promise<void> {
  const { promises, simulator } = stage;
  for (const vendor of VENDORS) simulator[vendor].calls.reset();
  for (const vendor of VENDORS) {
    const keys = new Set<string>();
    let succeeded = 0;
    for (let call = 1; call <= 4; call += 1) {
      const result = await stage.ask(vendor, `call ${call}`);
      if (result.success) succeeded += 1;
      for (const { keyId } of result.attempts) keys.add(keyId);
    }
    promises.expect(
      `${vendor} answered all 4 calls, with ${keys.size} different keys`,
      succeeded === 4 && keys.size > 1,
    );
  }
  const removed = VENDORS.flatMap((vendor) =>
    stage.cast[vendor]
      .filter(({ label }) => isRemoved(stage.snapshot(vendor, label).status))
      .map(({ key }) => simulator[vendor].calls.forKey(key).total),
  );
  promises.expect(
    `none of the ${removed.length} removed keys was sent to its vendor`,
    removed.every((calls) => calls === 0),
  );
}
