import type { Call } from '../core/call';
import { refuse } from '../core/plan';
import type { Refusal } from '../limits/limiter';
import type { BehaviourOf, Layer, LayerContext } from './layer';
import { bodyOf } from './situations';

/** A quarter of the request's bytes for the input, plus the output it reserves. */
function tokensOf(call: Call, outputCap: number | undefined): number {
  return Math.ceil(call.bodyBytes / 4) + (outputCap ?? 16);
}

export function rateLimitLayer(behaviour: BehaviourOf<'rateLimited'>, context: LayerContext): Layer {
  const { profile } = context;
  const limiter = context.limiterFor(behaviour);
  return (call, plan) => {
    const admission = limiter.admit(call.now, call.model, tokensOf(call, profile.outputCap(call)));
    if (admission.admitted) {
      plan.headers = profile.limits.headers(admission.readings, call.now);
      return false;
    }
    refuse(plan, 'rateLimited', profile.limits.refusal(admission.refusal, call));
    return true;
  };
}

export function alwaysRateLimitedLayer(behaviour: BehaviourOf<'alwaysRateLimited'>, { profile }: LayerContext): Layer {
  const { variant, retryAfterMs = 20_000, stated = 'full' } = behaviour;
  if (variant !== undefined) {
    const make = bodyOf(profile, 'rateLimited', variant);
    return (call, plan) => {
      refuse(plan, 'rateLimited', make(call));
      return true;
    };
  }
  const reading = { dimension: 'requests', window: 'minute', limit: 10, remaining: 0, fullInMs: retryAfterMs } as const;
  const refusal: Refusal = {
    dimension: 'requests',
    window: 'minute',
    limit: 10,
    used: 10,
    requested: 1,
    waitMs: retryAfterMs,
    stated,
    readings: [reading],
  };
  return (call, plan) => {
    refuse(plan, 'rateLimited', profile.limits.refusal(refusal, call));
    return true;
  };
}
