import type { Behaviour } from '../behaviour';
import type { Call } from '../core/call';
import type { Plan } from '../core/plan';
import type { VendorProfile } from '../core/profile';
import type { Limiter } from '../limits/limiter';
import type { RateLimits } from '../limits/rate-limits';

/** Changes the plan of one call; true when it has decided the answer and nothing behind it counts. */
export type Layer = (call: Call, plan: Plan) => boolean;

export interface LayerContext {
  readonly profile: VendorProfile;
  limiterFor(limits: RateLimits): Limiter;
}

export type BehaviourOf<K extends Behaviour['kind']> = Extract<Behaviour, { kind: K }>;
