import type { Behaviour, BehaviourKind, Outage } from '../behaviour';
import type { Call, Operation } from '../core/call';
import * as faults from './faults';
import type { BehaviourOf, Layer, LayerContext } from './layer';
import { alwaysRateLimitedLayer, rateLimitLayer } from './rate-limit';
import { exhaustedLayer, situationLayer } from './situations';

const BILLED: readonly Operation[] = ['generate', 'embed'];

// An exhausted, limited or model-less key still lists its models at every vendor.
const USUAL_REACH: Partial<Record<BehaviourKind, readonly Operation[]>> = {
  exhausted: BILLED,
  rateLimited: BILLED,
  alwaysRateLimited: BILLED,
  modelUnavailable: BILLED,
  contentBlocked: BILLED,
  badRequest: BILLED,
  cutOff: BILLED,
  stall: BILLED,
  streamError: BILLED,
};

function withReach(behaviour: Behaviour, layer: Layer): Layer {
  const operations = behaviour.operations ?? USUAL_REACH[behaviour.kind];
  const { models } = behaviour;
  if (operations === undefined && models === undefined) return layer;
  return (call: Call, plan) => {
    if (operations !== undefined && !operations.includes(call.endpoint.operation)) return false;
    if (models !== undefined && !models.includes(call.model)) return false;
    return layer(call, plan);
  };
}

function sequenceLayer({ steps, loop }: BehaviourOf<'sequence'>, context: LayerContext): Layer {
  if (steps.length === 0) throw new RangeError('a sequence needs at least one step');
  const layers = steps.map((step) => compile(step, context));
  let next = 0;
  return (call, plan) => {
    const index = loop ? next % layers.length : Math.min(next, layers.length - 1);
    next += 1;
    return (layers[index] as Layer)(call, plan);
  };
}

/** Small and seeded, so that a failing run can be run again. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function flakyLayer(behaviour: BehaviourOf<'flaky'>, context: LayerContext): Layer {
  if ('statuses' in behaviour) {
    const steps = behaviour.statuses.map((status): Behaviour =>
      status < 400 ? { kind: 'valid' } : { kind: 'status', status },
    );
    return sequenceLayer({ kind: 'sequence', steps, loop: true }, context);
  }
  const failure = compile(behaviour.failure ?? { kind: 'serverError' }, context);
  const next = random(behaviour.seed ?? 1);
  return (call, plan) => next() < behaviour.failureRate && failure(call, plan);
}

const validLayer = ({ text }: BehaviourOf<'valid'>): Layer => {
  return (_call, plan) => {
    if (text !== undefined) plan.text = text;
    return false;
  };
};

function bare(behaviour: Behaviour, context: LayerContext): Layer {
  switch (behaviour.kind) {
    case 'valid':
      return validLayer(behaviour);
    case 'exhausted':
      return exhaustedLayer(behaviour, context);
    case 'rateLimited':
      return rateLimitLayer(behaviour, context);
    case 'alwaysRateLimited':
      return alwaysRateLimitedLayer(behaviour, context);
    case 'flaky':
      return flakyLayer(behaviour, context);
    case 'slow':
      return faults.slowLayer(behaviour);
    case 'cutOff':
      return faults.cutOffLayer(behaviour);
    case 'stall':
      return faults.stallLayer(behaviour);
    case 'streamError':
      return faults.streamErrorLayer(behaviour, context);
    case 'flood':
      return faults.floodLayer(behaviour);
    case 'raw':
      return faults.rawLayer(behaviour);
    case 'hang':
      return faults.hangLayer;
    case 'reset':
      return faults.resetLayer;
    case 'html':
      return faults.htmlLayer(behaviour, context);
    case 'malformed':
      return faults.malformedLayer(behaviour);
    case 'status':
      return faults.statusAnswer(behaviour.status, context);
    case 'answer':
      return faults.answerLayer(behaviour);
    case 'sequence':
      return sequenceLayer(behaviour, context);
    default:
      return situationLayer(behaviour, context);
  }
}

/** Turns a behaviour, or a stack of them, into the one function that plans a call. The first layer that decides wins. */
export function compile(behaviour: Behaviour | readonly Behaviour[], context: LayerContext): Layer {
  if (!Array.isArray(behaviour)) return withReach(behaviour as Behaviour, bare(behaviour as Behaviour, context));
  const layers = (behaviour as readonly Behaviour[]).map((one) => compile(one, context));
  return (call, plan) => layers.some((layer) => layer(call, plan));
}

export function compileOutage(outage: Outage, context: LayerContext): Layer {
  if ('kind' in outage) return compile(outage, context);
  if (outage.status === 'reset') return faults.resetLayer;
  if (outage.status === 'hang') return faults.hangLayer;
  if (outage.status === 'html') return faults.htmlLayer({ kind: 'html' }, context);
  return faults.statusAnswer(outage.status, context);
}
