import type { MetersPort } from '../../pool/account-meters';
import type { BudgetThreshold } from '../../pool/limits/budget';
import type { MeterWant, PeriodMeter } from '../../pool/limits/period-meter';
import type { MeterDocument } from './period-documents';

/** A pool with those of its meters about which something is to be done. */
export interface SharedPool {
  readonly provider: string;
  readonly port: MetersPort;
  /** Something of them is to be claimed, or told. */
  readonly wanting: Set<PeriodMeter>;
  /** Something of them was used. */
  readonly changed: Set<PeriodMeter>;
  /** Something is being granted of them. */
  readonly granting: Set<PeriodMeter>;
  /** A claim is being made, or waits until it is tried again: until then no other is. */
  isClaiming: boolean;
}

/** A meter with what is to be done about it. */
export interface Due extends MeterDocument {
  readonly want: MeterWant | undefined;
  readonly threshold: BudgetThreshold | undefined;
}

/** What is done about it: what is written may be used. */
export interface Grant extends MeterDocument {
  readonly want: MeterWant | undefined;
  readonly isSpent?: boolean;
  /** The threshold that is to be told of. */
  readonly percent?: BudgetThreshold | undefined;
}
