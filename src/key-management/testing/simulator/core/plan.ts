import type { Flood, MalformedKind, StreamPoint } from '../behaviour';
import type { Answer, Headers } from './call';

type Ending =
  | { readonly kind: 'complete' }
  | { readonly kind: 'cut'; readonly after: StreamPoint; readonly how: 'destroy' | 'reset' | 'end' }
  | { readonly kind: 'stall'; readonly after: StreamPoint }
  | { readonly kind: 'error'; readonly after: number; readonly sse: string };

type Reply =
  | { readonly kind: 'success' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'flood'; readonly flood: Flood }
  | { readonly kind: 'raw'; readonly bytes: string; readonly then: 'end' | 'reset' | 'keep' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' };

/** What will be done about one call; layers write it, the responder carries it out. */
export interface Plan {
  /** The behaviour that decided, for the log. */
  outcome: string;
  reply: Reply;
  ending: Ending;
  latencyMs: number;
  firstChunkMs: number;
  betweenChunksMs: number;
  text: string | undefined;
  headers: Headers | undefined;
  malformed: { readonly as: MalformedKind; readonly bytes: number } | undefined;
}

const COMPLETE: Ending = { kind: 'complete' };
const SUCCESS: Reply = { kind: 'success' };

export function newPlan(): Plan {
  return {
    outcome: 'ok',
    reply: SUCCESS,
    ending: COMPLETE,
    latencyMs: 0,
    firstChunkMs: 0,
    betweenChunksMs: 0,
    text: undefined,
    headers: undefined,
    malformed: undefined,
  };
}

export function refuse(plan: Plan, outcome: string, answer: Answer): void {
  plan.outcome = outcome;
  plan.reply = { kind: 'answer', answer };
}
