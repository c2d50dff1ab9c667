import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { CLOCK } from '../key-management.constants';
import type { KeyChangeEvent } from '../pool/key-events';
import { dueThreshold, nextExpiryStep } from '../pool/key/key-expiry';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import { PersistenceService } from '../store/persistence.service';
import { CheckLeadership } from './check-leadership';

/** Whoever does not tell looks after this whether the one who does has told. Milliseconds. */
const LOOK_AGAIN_MS = 60_000;
/** A timer is not set for longer: the machine's clock may be set meanwhile. Milliseconds. */
const LONGEST_WAIT_MS = 60 * 60_000;

/**
 * Takes keys out of use at their `expiresAt`, which every instance does by itself, and tells before that they end, which the leader does alone:
 * once per key and threshold.
 */
@Injectable()
export class KeyExpiryService implements OnModuleDestroy {
  readonly #ending = new Set<KeyRecord>();
  readonly #stop: () => void;
  #nextAt = Infinity;
  #cancel = (): void => undefined;
  #closed = false;

  constructor(
    private readonly pools: KeyPoolService,
    private readonly persistence: PersistenceService,
    private readonly leadership: CheckLeadership,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#stop = pools.observe({ keyChanged: (record, event) => this.#changed(record, event) });
  }

  onModuleDestroy(): void {
    this.#closed = true;
    this.#stop();
    this.#cancel();
  }

  #changed(record: KeyRecord, event: KeyChangeEvent): void {
    if (event.type === 'key_deleted') this.#ending.delete(record);
    if (event.type !== 'key_added' && event.type !== 'key_updated') return;
    const { expiresAt } = record;
    if (expiresAt === undefined) {
      this.#ending.delete(record);
      return;
    }
    this.#ending.add(record);
    this.#wakeAt(nextExpiryStep(expiresAt, record.toldExpiry, this.clock.now()));
  }

  #wakeAt(at: number): void {
    if (at >= this.#nextAt || this.#closed) return;
    this.#nextAt = at;
    this.#cancel();
    const inMs = Math.min(Math.max(at - this.clock.now(), 0), LONGEST_WAIT_MS);
    this.#cancel = this.clock.after(inMs, () => void this.#look(), false);
  }

  async #look(): Promise<void> {
    this.#nextAt = Infinity;
    for (const record of this.#ending) this.pools.pool(record.provider)?.expire(record);
    const mayTell = this.#due().length > 0 && this.persistence.link.isLoaded && (await this.leadership.heldForSure());
    if (this.#closed) return;
    // While it was asked who leads, another instance may have told.
    if (mayTell) for (const { record, told } of this.#due()) this.pools.pool(record.provider)?.tellExpiry(record, told);
    const now = this.clock.now();
    for (const { expiresAt, toldExpiry } of this.#ending) {
      if (expiresAt === undefined) continue;
      const next = nextExpiryStep(expiresAt, toldExpiry, now);
      this.#wakeAt(next <= now ? Math.min(now + LOOK_AGAIN_MS, expiresAt) : next);
    }
  }

  #due() {
    const now = this.clock.now();
    return Array.from(this.#ending).flatMap((record) => {
      const { expiresAt, toldExpiry } = record;
      const days = expiresAt === undefined ? undefined : dueThreshold(expiresAt, toldExpiry, now);
      return days === undefined ? [] : [{ record, told: { expiresAt: expiresAt!, days } }];
    });
  }
}
