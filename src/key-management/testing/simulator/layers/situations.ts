import type { PlainSituation, Situation } from '../behaviour';
import type { Call } from '../core/call';
import { refuse } from '../core/plan';
import type { MakeAnswer, VendorProfile } from '../core/profile';
import type { BehaviourOf, Layer, LayerContext } from './layer';

/** Looked up when a key is scripted, so that a misspelt variant fails in the test that wrote it. */
export function bodyOf(profile: VendorProfile, situation: Situation, variant?: string): MakeAnswer {
  const variants = profile.errors[situation];
  const name = variant ?? Object.keys(variants)[0];
  const make = name === undefined ? undefined : variants[name];
  if (make === undefined) {
    const known = Object.keys(variants).join(', ');
    throw new RangeError(`${profile.name} has no '${situation}' variant '${String(name)}'; known: ${known}`);
  }
  return make;
}

export function situationLayer(behaviour: BehaviourOf<PlainSituation>, { profile }: LayerContext): Layer {
  const make = bodyOf(profile, behaviour.kind, behaviour.variant);
  return (call, plan) => {
    refuse(plan, behaviour.kind, make(call));
    return true;
  };
}

const WITH_DATE = /\d{4}-\d{2}-\d{2} at \d{2}:\d{2} UTC/;

function stateDate(body: string, at: number): string {
  return body.replace(WITH_DATE, `${new Date(at).toISOString().slice(0, 16).replace('T', ' at ')} UTC`);
}

export function exhaustedLayer(behaviour: BehaviourOf<'exhausted'>, { profile }: LayerContext): Layer {
  const { regainAt } = behaviour;
  const until = regainAt === undefined ? Infinity : new Date(regainAt).getTime();
  if (Number.isNaN(until)) throw new RangeError(`regainAt '${String(regainAt)}' is no date`);
  // Only Anthropic states the date, and only in this body.
  const dated = regainAt !== undefined && 'usage_limit' in profile.errors.exhausted ? 'usage_limit' : undefined;
  const make = bodyOf(profile, 'exhausted', behaviour.variant ?? dated);
  return (call: Call, plan) => {
    if (call.now >= until) return false;
    const answer = make(call);
    refuse(plan, 'exhausted', until === Infinity ? answer : { ...answer, body: stateDate(answer.body, until) });
    return true;
  };
}
