import type { VendorName } from '../cast';
import { clockTime, keyLine, say } from '../print';
import { pause } from '../helpers';
import type { Stage } from '../stage';

export const title = 'Rate-limited keys cool down, and come back by themselves';

export async function play(stage: Stage): Promise<void> {
  await comesBack(stage);
  await allCoolDown(stage);
  await oneModelCoolsDown(stage);
}

async function comesBack(stage: Stage): Promise<void> {
  const { promises, simulator } = stage;
  const { key } = stage.role('openai', 'charlie');
  const until = stage.snapshot('openai', 'charlie').cooldownUntil;
  const asked = simulator.openai.calls.forKey(key).total;
  stage.script('openai', 'charlie', { kind: 'valid' });
  if (until && until.getTime() > Date.now()) {
    for (let call = 1; call <= 3; call += 1) await stage.ask('openai');
    say(`charlie of openai cools down until ${clockTime(until)}; meanwhile 3 calls are made`);
    const leftAlone = simulator.openai.calls.forKey(key).total === asked;
    promises.expect('a cooling-down key is left alone', leftAlone || until.getTime() <= Date.now());
  }
  await cooldownPassed(stage, 'openai', 'charlie');
  let used = false;
  for (let call = 1; call <= 12 && !used; call += 1) {
    const result = await stage.ask('openai');
    used = result.success && stage.labelOf(result.attempts.at(-1)?.keyId ?? '') === 'charlie';
  }
  keyLine(stage.snapshot('openai', 'charlie'));
  promises.expect('its cooldown over, it is chosen again and works', used);
}

async function allCoolDown(stage: Stage): Promise<void> {
  await cooldownPassed(stage, 'anthropic', 'charlie');
  for (const label of ['charlie', 'delta']) {
    const once = { kind: 'alwaysRateLimited', retryAfterMs: 1_000 } as const;
    stage.script('anthropic', label, { kind: 'sequence', steps: [once, { kind: 'valid' }] });
  }
  const result = await stage.ask('anthropic', 'a call while every key meets its limit');
  const waited = result.attempts.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  const inTime = result.success && waited > 500;
  stage.promises.expect('with every key cooling down, the call waits for the first to wake, and succeeds', inTime);
}

/** Lets the key's cooldown pass. */
async function cooldownPassed(stage: Stage, vendor: VendorName, label: string): Promise<void> {
  const { cooldownUntil } = stage.snapshot(vendor, label);
  if (cooldownUntil) await pause(Math.max(0, cooldownUntil.getTime() - stage.clock.now()) + 10);
}

async function oneModelCoolsDown(stage: Stage): Promise<void> {
  stage.script('google', 'charlie', { kind: 'valid' });
  await cooldownPassed(stage, 'google', 'charlie');
  const [small, large] = ['gemini-3.1-flash-lite', 'gemini-3.1-pro'];
  stage.script(
    'google',
    'delta',
    { kind: 'alwaysRateLimited', retryAfterMs: 30_000, models: [large] },
    { kind: 'valid' },
  );
  let cooldown = stage.snapshot('google', 'delta').cooldowns[0];
  for (let call = 1; call <= 8 && !cooldown; call += 1) {
    await stage.ask('google', `${large}, call ${call}`, { model: large, maxWaitMs: 0 });
    cooldown = stage.snapshot('google', 'delta').cooldowns[0];
  }
  const other = await stage.ask('google', small, { model: small });
  const { status } = stage.snapshot('google', 'delta');
  stage.promises.expect(
    `a limit of ${large} cools the key down for ${large} only`,
    cooldown?.model === large && status === 'healthy' && other.success,
  );
}
