import type { ServerResponse } from 'node:http';
import { Get, Headers, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '../openapi';
import { RequiredAccess } from '../access/access.decorator';
import { ApiController } from '../api-controller.decorator';
import { QueryParams } from '../input/request.decorators';
import { keepAnswer } from '../routes/own-answer';
import { ErrorAnswers } from '../error-answers';
import { FOLLOW_EVENTS, type FollowEvents } from '../schemas/requests';
import { EventStreamService } from '../stream/event-stream.service';

/** An Express response is Node's own; a Fastify reply stands before it. */
type AnyResponse = ServerResponse | FastifyReply;
interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Record<string, number | string | string[] | undefined>;
}

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // Neither kept nor packed by anything in between, nor held back by nginx.
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

@ApiController('admin/events/stream', 'operations')
export class EventStreamController {
  constructor(private readonly stream: EventStreamService) {}

  @Get()
  @RequiredAccess('viewer')
  @ApiOperation({
    summary: 'Follow the changes of keys and the acts of administrators live, as server-sent events',
    description:
      'Events `key` and `action` carry an entry of the log as `GET /admin/events` shows it, and its `id`. `reset` says that entries ' +
      'were missed: load `GET /admin/events` anew. `heartbeat` comes every 15 s.',
  })
  @ApiHeader({ name: 'last-event-id', required: false, description: 'Go on after this entry.' })
  @ApiResponse({ status: 200, content: { 'text/event-stream': { schema: { type: 'string' } } } })
  @ErrorAnswers(400, 503)
  follow(
    @Res({ passthrough: true }) response: AnyResponse,
    @QueryParams(() => FOLLOW_EVENTS) { last_event_id: lastEventIdInQuery }: FollowEvents,
    @Headers('last-event-id') lastEventId?: string,
  ): void {
    if (!this.stream.isOpen) throw new ServiceUnavailableException('No more streams are opened.');
    const raw = rawOf(response);
    raw.writeHead(200, HEADERS);
    raw.flushHeaders();
    keepAnswer(response);
    // Who asks for the headers only would wait for the end of a stream that has none.
    if (raw.req.method === 'HEAD') raw.end();
    else this.stream.add(raw, lastEventId ?? lastEventIdInQuery);
  }
}

/** Node's response, with the headers that the host app has set so far (CORS and the like). */
function rawOf(response: AnyResponse): ServerResponse {
  if (!('hijack' in response)) return response;
  response.hijack();
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value !== undefined) response.raw.setHeader(name, value);
  }
  return response.raw;
}
