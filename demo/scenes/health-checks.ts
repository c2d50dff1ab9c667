import { VENDORS } from '../cast';
import { keyLine, line, say } from '../print';
import type { Stage } from '../stage';

export const title = 'Keys are checked before they are used';

export async function play(stage: Stage): Promise<void> {
  const { promises, simulator } = stage;
  for (const vendor of VENDORS)
    for (const { key, behaviour } of stage.cast[vendor]) simulator[vendor].key(key, behaviour);
  const adminKey = stage.role('openai', 'mistyped').key.replace(/^sk-proj-/, 'sk-admin-');
  const started = performance.now();
  const results = await Promise.all(
    VENDORS.map((vendor) => {
      const keys = stage.cast[vendor].map(({ key, label }) => ({ key, label }));
      return stage.manager.initializeKeys(vendor, keys);
    }),
  );
  say(`${stage.secrets.length} keys, all vendors at once, ${Math.round(performance.now() - started)} ms`);

  for (const { provider, totalKeys, healthyKeysAdded } of results) {
    line(`   ${provider}: ${healthyKeysAdded} of ${totalKeys} keys are ready`);
    stage.pool.list(provider).forEach(keyLine);
  }
  const wrong = VENDORS.flatMap((vendor) =>
    stage.cast[vendor].filter(({ label, expectedStatus }) => stage.snapshot(vendor, label).status !== expectedStatus),
  );
  promises.expect(
    `every key has the status it should have${wrong.map(({ label }) => `; not ${label}`).join('')}`,
    wrong.length === 0,
  );

  const removed = stage.pool.list().filter(({ status }) => status === 'invalid_key' || status === 'quota_exceeded');
  promises.expect(
    'every removed key has a time for its next check',
    removed.every(({ recheckAt }) => recheckAt),
  );
  const capped = stage.snapshot('anthropic', 'capped').recheckAt;
  const inAWeek = Date.now() + 6.9 * 24 * 3_600_000;
  promises.expect('a quota that states when it comes back is not asked before', Number(capped) > inAWeek);

  const asked = simulator.openai.calls.total;
  const refused = await stage.manager.addNewKeys('openai', [{ key: adminKey, label: 'admin' }]);
  say(`An OpenAI admin key is offered: ${refused.rejected[0]?.reason}`);
  promises.expect(
    'a key of the wrong kind is refused without asking the vendor',
    simulator.openai.calls.total === asked && refused.rejected.length === 1,
  );
  stage.secrets.push(adminKey);
}
