import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { PLAIN_ANSWER } from './routes/module-controller.decorator';

/** Writes what a handler returns, so that interceptors of the host app around it can change nothing of it any more. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.reflector.get<boolean | undefined>(PLAIN_ANSWER, context.getHandler()) !== true) return next.handle();
    return next.handle().pipe(
      map((body: unknown): void => {
        // Nest has set the status already.
        this.adapters.httpAdapter.reply(context.switchToHttp().getResponse<object>(), body);
      }),
    );
  }
}
