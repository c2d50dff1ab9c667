import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { KeyEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import { isRemovedStatus } from '../pool/key/key-state';
import { logLine } from '../common/log-line';

type StatusChange = Extract<KeyEvent, { type: 'status_changed' }>;

/** Logs every change of a key, one line each: removals as warnings. */
@Injectable()
export class KeyLogService implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #subscription: Subscription;

  constructor(pools: KeyPoolService) {
    this.#subscription = pools.events$.subscribe((event) => {
      this.#log(event);
    });
  }

  onModuleDestroy(): void {
    this.#subscription.unsubscribe();
  }

  #log(event: KeyEvent): void {
    const { provider, maskedKey: key, keyId: key_id, by } = event;
    const subject = { provider, key, key_id, by };
    switch (event.type) {
      case 'status_changed': {
        const { from, to, outcome, reason, until } = event;
        const line = logLine(nameOf(event), { ...subject, from, to, outcome, reason, until: until?.toISOString() });
        // What an administrator does on purpose is no warning, and a key that stays out was warned of when it went.
        if (isRemovedStatus(to) && to !== 'disabled' && from !== to) this.#logger.warn(line);
        else this.#logger.log(line);
        break;
      }
      case 'model_cooled_down': {
        const { model, outcome, reason, until } = event;
        this.#logger.log(logLine('key cools down', { ...subject, model, outcome, reason, until: until.toISOString() }));
        break;
      }
      case 'endpoint_cooled_down': {
        const { endpoint, outcome, reason, until } = event;
        this.#logger.log(
          logLine('key cools down', { ...subject, endpoint, outcome, reason, until: until.toISOString() }),
        );
        break;
      }
      case 'cooldown_ended': {
        const { model, endpoint, until } = event;
        this.#logger.log(logLine('cooldown ended', { ...subject, model, endpoint, until: until?.toISOString() }));
        break;
      }
      case 'key_added':
        this.#logger.log(logLine('key added', { ...subject, status: event.status }));
        break;
      case 'key_updated':
        this.#logger.log(logLine('key updated', { ...subject, fields: event.fields.join(',') }));
        break;
      case 'key_deleted':
        this.#logger.log(logLine('key deleted', subject));
        break;
      case 'provider_failing': {
        const { state, reason, until } = event;
        this.#logger.warn(logLine('provider failing', { provider, state, reason, until: until?.toISOString() }));
        break;
      }
      case 'provider_recovered': {
        const { state, reason, since } = event;
        this.#logger.log(logLine('provider recovered', { provider, state, reason, since: since.toISOString() }));
        break;
      }
    }
  }
}

function nameOf({ from, to }: StatusChange): string {
  if (to === 'disabled') return 'key disabled';
  if (from === 'disabled') return 'key enabled';
  if (isRemovedStatus(to)) return from === to ? 'key still out' : 'key removed';
  if (to === 'rate_limited' || to === 'cooling_down') return 'key cools down';
  return from === 'unchecked' ? 'key ready' : 'key back';
}
