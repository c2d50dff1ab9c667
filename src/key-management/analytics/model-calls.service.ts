import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { getOrCreate } from '../common/get-or-create';
import { CLOCK } from '../key-management.constants';
import { KeyPoolService } from '../pool/key-pool.service';
import { ModelCalls, type ModelCallCounts } from './series/model-calls';
import type { WindowRange } from './series/windows';

/** The calls of each provider by model: of this instance, since its start. */
@Injectable()
export class ModelCallsService {
  readonly #providers = new Map<string, ModelCalls>();
  /** Since when calls are counted, milliseconds since the epoch. */
  readonly since: number;

  constructor(
    @Inject(KeyPoolService) private readonly pools: Pick<KeyPoolService, 'flushCalls' | 'observe'>,
    @Inject(CLOCK) clock: Pick<Clock, 'now'>,
  ) {
    this.since = clock.now();
    pools.observe({
      callsOf: (provider) => getOrCreate(this.#providers, provider, () => new ModelCalls()),
      poolClosed: (provider) => this.#providers.delete(provider),
    });
  }

  /** The models that were called in the window, the one with the most calls first. */
  within(provider: string, range: WindowRange): ModelCallCounts[] {
    this.pools.flushCalls();
    return this.#providers.get(provider)?.within(range) ?? [];
  }
}
