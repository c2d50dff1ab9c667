import { trail } from '../print';
import { streamFromOpenAi } from '../sdk-calls';
import type { Stage } from '../stage';

export const title = "Trouble that is not the key's fault is waited out, and no key is blamed";

export async function play(stage: Stage): Promise<void> {
  const { promises, simulator } = stage;
  let blamed = 0;
  const subscription = stage.pool.events$.subscribe(({ type, by }) => {
    if (type === 'status_changed' && by === 'call') blamed += 1;
  });

  simulator.anthropic.everywhere({
    kind: 'sequence',
    steps: [{ kind: 'overloaded' }, { kind: 'serverError' }, { kind: 'valid' }],
  });
  const overloaded = await stage.ask('anthropic', 'a call while the vendor is overloaded');
  simulator.anthropic.everywhere();
  promises.expect(
    'an overloaded vendor is asked again after a growing pause',
    overloaded.success && overloaded.attemptsMade > 1,
  );

  simulator.google.everywhere({ kind: 'sequence', steps: [{ kind: 'reset' }, { kind: 'html' }, { kind: 'valid' }] });
  const broken = await stage.ask('google', 'a call over a bad line and through a broken proxy');
  simulator.google.everywhere();
  promises.expect('a reset connection and a proxy page are retried', broken.success && broken.attemptsMade > 1);

  simulator.openai.everywhere({ kind: 'sequence', steps: [{ kind: 'hang' }, { kind: 'valid' }] });
  const hung = await stage.ask('openai', 'a call that gets no answer for 300 ms', { attemptTimeoutMs: 300 });
  simulator.openai.everywhere();
  promises.expect(
    'an attempt without an answer is given up in time',
    hung.success && hung.attempts[0]?.outcome === 'timeout',
  );

  simulator.openai.everywhere({ kind: 'sequence', steps: [{ kind: 'cutOff', after: 2 }, { kind: 'valid' }] });
  const streamed = await stage.call('openai', streamFromOpenAi(simulator.openai.baseUrl));
  simulator.openai.everywhere();
  trail('a stream that is cut off after two words', streamed, stage.labelOf);
  promises.expect('a stream that breaks is taken up anew', streamed.success && streamed.attemptsMade > 1);

  subscription.unsubscribe();
  promises.expect('after all this no key was removed or made to cool down', blamed === 0);
}
