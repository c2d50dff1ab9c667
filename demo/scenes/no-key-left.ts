import { NoHealthyKeysError } from '../../src/key-management';
import { holds, isRemoved } from '../helpers';
import { clockTime, say } from '../print';
import type { Stage } from '../stage';

export const title = 'A vendor that refuses every key: a clear error, and no key lost for good';

export async function play(stage: Stage): Promise<void> {
  const { promises, simulator } = stage;
  const inPool = (): string[] =>
    stage.pool
      .list('anthropic')
      .filter(({ status }) => !isRemoved(status))
      .map(({ label = '' }) => label);
  const before = inPool();

  simulator.anthropic.outage({ kind: 'invalid' });
  const failed = await stage.ask('anthropic', 'a call while the vendor answers 401 to everyone');
  const error = failed.success ? undefined : failed.error;
  const eachOnce = failed.attemptsMade === before.length && failed.keysTried.length === before.length;
  promises.expect('each key was asked once, then the call failed', !failed.success && eachOnce);
  const soonest = error instanceof NoHealthyKeysError ? error.soonestRecovery : undefined;
  if (soonest) say(`soonest recovery: ${clockTime(soonest)}, by the scheduled re-check`);
  const clear = inPool().length === 0 && soonest !== undefined;
  promises.expect('the error says that no key is left, and when the first may be back', clear);

  const again = await stage.ask('anthropic', 'the next call');
  promises.expect('the next call fails at once, without a request', !again.success && again.attemptsMade === 0);

  simulator.anthropic.outage(undefined);
  say('The vendor recovers. Nobody does anything; half a minute passes (here the clock is moved)');
  stage.clock.forward(31);
  const back = await holds(() => before.every((label) => inPool().includes(label)));
  promises.expect(`the keys of before (${before.join(', ')}) are back by the scheduled health check`, back);
  const recovered = await stage.ask('anthropic', 'a call');
  promises.expect('and work', recovered.success);
}
