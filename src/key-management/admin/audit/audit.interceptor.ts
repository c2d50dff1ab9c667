import { isIP } from 'node:net';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { tap, type Observable } from 'rxjs';
import { EventLog, type AdminActionRecord } from '../../events/event-log';
import { KeyPoolService } from '../../pool/key-pool.service';
import { actorOf, type ApiRequest } from '../access/api-request';
import { HealthCheckerRegistry } from '../../checkers/health-checker.registry';
import { problemOf } from '../problem-of';
import type { BulkResultView } from '../schemas/bulk';
import { AUDITED_METADATA, type AdminAction } from './admin-route.decorator';

/** The default form of an id. */
const MADE_OF_A_KEY = /^[0-9a-f]{16}$/;

type ActionSubject = Pick<AdminActionRecord, 'keyId' | 'bulkAction' | 'counts'>;

/** Of an act on many keys: which, and how many keys met what. */
const bulkIn = (answer: unknown): Omit<ActionSubject, 'keyId'> => {
  const { action, counts } = (answer ?? {}) as Partial<BulkResultView>;
  return action === undefined || counts === undefined ? {} : { bulkAction: action, counts };
};

/** Writes what administrators do into the event log: who, what, on which key, and with what result. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly log: EventLog,
    private readonly registry: HealthCheckerRegistry,
    private readonly pools: KeyPoolService,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const action = this.reflector.get<AdminAction | undefined>(AUDITED_METADATA, context.getHandler());
    if (action === undefined) return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    // Before the action, which may delete the key.
    const keyId = this.#keyIdOf(request);
    return next.handle().pipe(
      tap({
        next: (answer) =>
          this.#record(
            action,
            request,
            { keyId, ...bulkIn(answer) },
            http.getResponse<{ statusCode: number }>().statusCode,
          ),
        error: (error: unknown) => {
          const problem = problemOf(error);
          this.#record(action, request, { keyId, ...bulkIn(problem.facts) }, problem.getStatus());
        },
      }),
    );
  }

  /** What names no key may be a key in the wrong place; only what could be made of a key may be of one that is gone. */
  #keyIdOf(request: ApiRequest): string | undefined {
    const { provider = '', id = '' } = request.params ?? {};
    return MADE_OF_A_KEY.test(id) || this.pools.pool(provider)?.record(id) ? id : undefined;
  }

  #record(action: AdminAction, request: ApiRequest, subject: ActionSubject, status: number): void {
    const { provider } = request.params ?? {};
    this.log.recordAction({
      action,
      role: actorOf(request).role,
      // Where every proxy is believed, it is whatever a client says it is.
      address: request.ip !== undefined && isIP(request.ip) !== 0 ? request.ip : undefined,
      // What is no provider or no id may be a key in the wrong place.
      provider: provider !== undefined && this.registry.has(provider) ? provider : undefined,
      ...subject,
      result: status < 400 ? 'ok' : status < 500 ? 'refused' : 'failed',
      status,
    });
  }
}
