import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, switchMap, type Observable } from 'rxjs';
import { PersistenceService } from '../store/persistence.service';

/** Before something is shown, what the other instances added up is read, where the store does not tell it. */
@Injectable()
export class FreshFiguresInterceptor implements NestInterceptor {
  constructor(private readonly persistence: PersistenceService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method } = context.switchToHttp().getRequest<{ method?: string }>();
    if (method !== 'GET' && method !== 'HEAD') return next.handle();
    return from(this.persistence.link.freshen()).pipe(switchMap(() => next.handle()));
  }
}
