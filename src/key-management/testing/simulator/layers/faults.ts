import { html, type Answer } from '../core/call';
import { refuse } from '../core/plan';
import { badGatewayPage } from '../vendors/pages';
import type { BehaviourOf, Layer, LayerContext } from './layer';
import { bodyOf } from './situations';

/** Faults of a stream and of the time it takes: they let the layers behind them decide whether there is an answer at all. */
export function slowLayer({ latencyMs = 0, firstChunkMs = 0, betweenChunksMs = 0 }: BehaviourOf<'slow'>): Layer {
  return (_call, plan) => {
    plan.latencyMs += latencyMs;
    plan.firstChunkMs += firstChunkMs;
    plan.betweenChunksMs += betweenChunksMs;
    return false;
  };
}

export function cutOffLayer({ after = 'before_content', how = 'destroy' }: BehaviourOf<'cutOff'>): Layer {
  return (_call, plan) => {
    plan.outcome = 'cutOff';
    plan.ending = { kind: 'cut', after, how };
    return false;
  };
}

export function stallLayer({ after = 'before_content' }: BehaviourOf<'stall'>): Layer {
  return (_call, plan) => {
    plan.outcome = 'stall';
    plan.ending = { kind: 'stall', after };
    return false;
  };
}

export function streamErrorLayer(
  { event, after = 0, form }: BehaviourOf<'streamError'>,
  { profile }: LayerContext,
): Layer {
  return (call, plan) => {
    if (!call.stream) return false;
    plan.outcome = 'streamError';
    plan.ending = { kind: 'error', after, sse: profile.streamError(event, call, form) };
    return false;
  };
}

export function malformedLayer({ as, bytes = 16 * 1024 * 1024 }: BehaviourOf<'malformed'>): Layer {
  return (_call, plan) => {
    plan.outcome = 'malformed';
    plan.malformed = { as, bytes };
    return false;
  };
}

/** A status in the vendor's usual words, or as a bare proxy would put it where the vendor has none. */
export function statusAnswer(status: number, { profile }: LayerContext): Layer {
  const known = profile.statuses[status];
  if (status === 429) {
    const readings = [{ dimension: 'requests', window: 'minute', limit: 10, remaining: 0, fullInMs: 1000 }] as const;
    return (call, plan) => {
      const refusal = { ...readings[0], used: 10, requested: 1, waitMs: 1000, stated: 'full', readings } as const;
      refuse(plan, 'rateLimited', profile.limits.refusal(refusal, call));
      return true;
    };
  }
  if (known !== undefined) {
    const make = bodyOf(profile, known[0], known[1]);
    return (call, plan) => {
      refuse(plan, known[0], make(call));
      return true;
    };
  }
  return (_call, plan) => {
    refuse(plan, 'status', html(status, `<html><body><h1>${status}</h1></body></html>`));
    return true;
  };
}

export function htmlLayer({ status = 502 }: BehaviourOf<'html'>, { profile }: LayerContext): Layer {
  const page = html(status, badGatewayPage(`api.${profile.name}.com`).replaceAll('502', String(status)));
  return (_call, plan) => {
    refuse(plan, 'html', page);
    return true;
  };
}

export function answerLayer({ status, headers = {}, body, sse }: BehaviourOf<'answer'>): Layer {
  const text = sse ?? (typeof body === 'string' ? body : body == null ? '' : JSON.stringify(body));
  const type = sse !== undefined ? 'text/event-stream' : typeof body === 'string' ? 'text/plain' : 'application/json';
  const answer: Answer = { status, headers: { 'content-type': type, ...headers }, body: text };
  return (_call, plan) => {
    refuse(plan, 'answer', answer);
    return true;
  };
}

export function floodLayer(flood: BehaviourOf<'flood'>): Layer {
  return (_call, plan) => {
    plan.outcome = 'flood';
    plan.reply = { kind: 'flood', flood };
    return true;
  };
}

export function rawLayer({ bytes, then = 'end' }: BehaviourOf<'raw'>): Layer {
  return (_call, plan) => {
    plan.outcome = 'raw';
    plan.reply = { kind: 'raw', bytes, then };
    return true;
  };
}

export const hangLayer: Layer = (_call, plan) => {
  plan.outcome = 'hang';
  plan.reply = { kind: 'hang' };
  return true;
};

export const resetLayer: Layer = (_call, plan) => {
  plan.outcome = 'reset';
  plan.reply = { kind: 'reset' };
  return true;
};
