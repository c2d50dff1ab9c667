import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../../common/clock';
import { CLOCK } from '../../key-management.constants';
import { PersistenceService } from '../../store/persistence.service';
import { BoundObjects } from './bound-objects';

/** The same, kept in the store of the app and shared with its other instances. */
@Injectable()
export class BoundObjectsService extends BoundObjects {
  constructor({ link }: PersistenceService, @Inject(CLOCK) clock: Clock) {
    super(link, clock);
    link.own(this.memory);
  }
}
