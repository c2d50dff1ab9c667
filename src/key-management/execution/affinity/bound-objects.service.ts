import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../../common/clock';
import { CLOCK } from '../../key-management.constants';
import { KeyPoolService } from '../../pool/key-pool.service';
import { PersistenceService } from '../../store/persistence.service';
import { BoundObjects } from './bound-objects';

/** The same, kept in the store of the app and shared with its other instances. */
@Injectable()
export class BoundObjectsService extends BoundObjects {
  constructor({ link }: PersistenceService, pools: KeyPoolService, @Inject(CLOCK) clock: Clock) {
    super(link, clock, (provider) => pools.pool(provider) !== undefined);
    link.own(this.memory);
    pools.observe({ poolClosed: (provider) => this.memory.poolClosed(provider) });
  }
}
