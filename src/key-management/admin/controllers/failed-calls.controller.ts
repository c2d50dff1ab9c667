import { Get } from '@nestjs/common';
import { seconds } from '../../analytics/comprehensive-status';
import type { FailedCallEntry } from '../../execution/failures/failed-calls';
import { RetryExecutorService } from '../../execution/retry-executor.service';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { ApiProblem } from '../api-problem';
import { ErrorAnswers } from '../error-answers';
import { cursorOf, positionOf } from '../input/cursor';
import { QueryParams } from '../input/request.decorators';
import { Answer, ApiOperation } from '../openapi';
import { FAILED_CALL_PAGE, type FailedCallPage, type FailedCallView } from '../schemas/operations';
import { LIST_FAILED_CALLS, type ListFailedCalls } from '../schemas/requests';

@ApiController('admin/failed-calls', 'operations')
export class FailedCallsController {
  constructor(private readonly executor: RetryExecutorService) {}

  @Get()
  @RequiredAccess('viewer')
  @ApiOperation({
    summary: 'Show the latest failed calls of this instance, newest first',
    description:
      'Without prompts and keys. In memory: as many as the option `failedCalls` says, and 404 where that is `false`. A call that its caller gave up is none.',
  })
  @Answer(200, () => FAILED_CALL_PAGE)
  @ErrorAnswers(400)
  list(@QueryParams(() => LIST_FAILED_CALLS) { limit, cursor, provider, outcome }: ListFailedCalls): FailedCallPage {
    const { failedCalls } = this.executor;
    if (!failedCalls)
      throw new ApiProblem(
        404,
        'Failed calls are not kept: the option failedCalls is false. Set it to { keep: 300 }, or FAILED_CALLS_KEPT to 300, to keep the latest ones.',
      );
    const position = positionOf(cursor, /^\d{1,15}$/);
    const before = position === undefined ? undefined : Number(position);
    const found = failedCalls.latest({ limit: limit + 1, before, provider, outcome });
    const entries = found.slice(0, limit);
    return {
      failed_calls: entries.map(failedCallView),
      next_cursor: found.length > limit ? cursorOf(String(entries.at(-1)!.id)) : null,
    };
  }
}

const failedCallView = (call: FailedCallEntry): FailedCallView => ({
  id: call.id,
  at: new Date(call.at).toISOString(),
  provider: call.provider,
  key_id: call.keyId ?? null,
  masked_key: call.maskedKey ?? null,
  account: call.account ?? null,
  model: call.model ?? null,
  endpoint: call.endpoint ?? null,
  outcome: call.outcome,
  code: call.code ?? null,
  status: call.status ?? null,
  reason: call.reason ?? null,
  attempts: call.attempts,
  duration: seconds(call.durationMs) ?? 0,
});
