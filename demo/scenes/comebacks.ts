import { holds } from '../helpers';
import { keyLine, say } from '../print';
import type { Stage } from '../stage';

export const title = 'An account is topped up, a key is reinstated, a new one is added';

export async function play(stage: Stage): Promise<void> {
  await comeBack(stage);
  await joinIn(stage);
  await checkOnDemand(stage);
}

const RETURNING = ['drained', 'suspended'];

async function comeBack(stage: Stage): Promise<void> {
  const { promises } = stage;
  for (const label of RETURNING) stage.script('openai', label, { kind: 'valid' });
  say('Six minutes pass, in which the scheduled health check does its work (here the clock is moved)');
  stage.clock.forward(6 * 60);
  const back = await holds(() => RETURNING.every((label) => stage.snapshot('openai', label).status === 'healthy'));
  for (const label of [...RETURNING, 'mistyped']) keyLine(stage.snapshot('openai', label));
  promises.expect('the topped-up and the reinstated key are back in the pool', back);
  promises.expect('the mistyped one is not', stage.snapshot('openai', 'mistyped').status === 'invalid_key');

  const used = new Set<string>();
  for (let call = 1; call <= 16; call += 1) {
    const result = await stage.ask('openai');
    for (const { keyId } of result.attempts) used.add(stage.labelOf(keyId));
  }
  const called = RETURNING.every((label) => used.has(label));
  promises.expect('both are called again', called);
}

async function joinIn(stage: Stage): Promise<void> {
  const { promises, manager, simulator } = stage;
  const [fresh, invalid] = [...simulator.google.newKeys(1), ...simulator.google.newKeys(1, { kind: 'invalid' })];
  if (fresh === undefined || invalid === undefined) throw new Error('the simulator made no keys');
  stage.secrets.push(fresh, invalid);
  const before = stage.pool.list('google').length;
  const present = stage.role('google', 'delta').key;
  const added = await manager.addNewKeys('google', [{ key: fresh, label: 'fresh' }, invalid, present]);
  for (const { maskedKey, outcome, reason } of added.rejected) say(`refused: ${maskedKey} ${outcome} · ${reason}`);
  const { totalKeys, healthyKeysAdded, rejected } = added;
  promises.expect('of three keys offered at run time, the new one is added', totalKeys === 3 && healthyKeysAdded === 1);
  const kept = stage.pool.list('google').length - before;
  promises.expect('the invalid one is refused and not kept', rejected.length === 1 && kept === 1);
}

async function checkOnDemand({ promises, manager, pool }: Stage): Promise<void> {
  const { checkedKeys, healthyKeys, durationMs } = await manager.forceHealthCheck();
  say(`forceHealthCheck(): ${checkedKeys} keys checked, ${healthyKeys} healthy, ${Math.round(durationMs)} ms`);
  promises.expect('a health check on demand asks about every key', checkedKeys === pool.list().length);
}
