import { trail } from '../print';
import { askWrongly } from '../sdk-calls';
import type { Stage } from '../stage';

export const title = "The caller's own mistake is not retried";

export async function play(stage: Stage): Promise<void> {
  const { promises, simulator } = stage;
  const result = await stage.call('openai', askWrongly(simulator.openai.baseUrl));
  trail('a request with a parameter that the model refuses', result, stage.labelOf);
  promises.expect(
    'one attempt, no second key',
    !result.success && result.error.code === 'CALL_REJECTED' && result.attemptsMade === 1,
  );
  const cause = result.success ? undefined : result.error.cause;
  promises.expect(
    "the vendor's own error is the cause, unchanged",
    cause instanceof Error && 'status' in cause && cause.status === 400,
  );

  const controller = new AbortController();
  simulator.openai.everywhere({ kind: 'hang' });
  setTimeout(() => controller.abort(), 100);
  const cancelled = await stage.ask('openai', 'a call that its caller takes back', { signal: controller.signal });
  simulator.openai.everywhere();
  promises.expect('a call that is taken back ends at once', !cancelled.success && cancelled.error.code === 'CANCELLED');
}
