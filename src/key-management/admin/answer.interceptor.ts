import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { catchError, map, of, type Observable } from 'rxjs';
import { KeyManagementExceptionFilter } from './api-exception.filter';
import { isAnswered, keepAnswer } from './routes/own-answer';

/** Writes what a handler returns or throws, so that interceptors of the host app around it can change nothing of it any more. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  readonly #filter: KeyManagementExceptionFilter;

  constructor(private readonly adapters: HttpAdapterHost) {
    this.#filter = new KeyManagementExceptionFilter(adapters);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<void> {
    const response = context.switchToHttp().getResponse<object>();
    // An answer is true for the moment only, and no shared cache may keep it.
    this.adapters.httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    const written = (write: () => void): void => {
      if (isAnswered(response)) return;
      write();
      keepAnswer(response);
    };
    return next.handle().pipe(
      map((body: unknown): void => {
        // Nest has set the status already.
        written(() => void this.adapters.httpAdapter.reply(response, body));
      }),
      catchError((error: unknown) => {
        written(() => this.#filter.catch(error, context));
        return of(undefined);
      }),
    );
  }
}
