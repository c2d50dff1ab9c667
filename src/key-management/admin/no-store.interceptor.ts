import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';

/** What this API answers is true for the moment, and not for the eyes of a shared cache. */
@Injectable()
export class NoStoreInterceptor implements NestInterceptor {
  constructor(private readonly adapters: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.adapters.httpAdapter.setHeader(context.switchToHttp().getResponse<object>(), 'Cache-Control', 'no-store');
    return next.handle();
  }
}
