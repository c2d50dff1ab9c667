import { keyLine, say } from '../print';
import { ASK } from '../sdk-calls';
import type { Stage } from '../stage';

export const title = '100 calls at once, and a key is revoked among them';

export async function play(stage: Stage): Promise<void> {
  const { promises, simulator, pool } = stage;
  const valid = { kind: 'valid' } as const;
  // Ten good answers, then the vendor has revoked the key.
  stage.script('openai', 'delta', {
    kind: 'sequence',
    steps: [...Array<typeof valid>(10).fill(valid), { kind: 'invalid' }],
  });
  const revoked = stage.snapshot('openai', 'delta');
  const countsBefore = counts(stage);
  const removal = { seen: false };
  let usedAfterwards = 0;
  const subscription = pool.events$.subscribe((event) => {
    if (event.type === 'status_changed' && event.keyId === revoked.id && event.to === 'invalid_key')
      removal.seen = true;
  });
  const ask = ASK.openai(simulator.openai.baseUrl);
  const results = await Promise.all(
    Array.from({ length: 100 }, () =>
      stage.call('openai', (context) => {
        if (removal.seen && context.keyId === revoked.id) usedAfterwards += 1;
        return ask(context);
      }),
    ),
  );
  subscription.unsubscribe();

  const succeeded = results.filter(({ success }) => success).length;
  const attempts = results.reduce((sum, { attemptsMade }) => sum + attemptsMade, 0);
  say(`${succeeded} calls succeeded in ${attempts} attempts`);
  keyLine(stage.snapshot('openai', 'delta'));
  promises.expect('all 100 calls succeeded', succeeded === 100);
  promises.expect('the revoked key was not handed out once after its removal', removal.seen && usedAfterwards === 0);
  promises.expect('no success was lost in counting', counts(stage) - countsBefore === succeeded);
}

const counts = (stage: Stage): number =>
  stage.pool.list('openai').reduce((sum, { successCount }) => sum + successCount, 0);
