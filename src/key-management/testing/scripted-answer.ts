import { OUTCOMES, type Outcome } from '../vendors/contract/outcome';
import type { ScriptedCall } from './scripted-call';

/** An outcome that a script can bring about; for each, a vendor answers in its own words. */
export type ScriptedOutcome = Exclude<Outcome, 'cancelled' | 'unknown'>;

/** How a vendor refuses, with what it states. */
export interface ScriptedRefusal {
  outcome: ScriptedOutcome;
  /** What a `rate_limited` states to wait, milliseconds. Default 1,000. */
  retryAfterMs?: number;
}

/** A good answer of the vendor with this text, streamed where the request asks for a stream. */
export interface ScriptedText {
  text: string;
}

/** A JSON body as it is. */
export interface ScriptedJson {
  json: unknown;
  /** Default 200. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
}

/**
 * Server-sent events: an object becomes `data: <its JSON>`, a text goes out as it is. A generator that throws breaks the connection. For more than one
 * call give an array, or a function that makes the generator.
 */
export interface ScriptedStream {
  stream: Iterable<unknown> | AsyncIterable<unknown>;
  headers?: Readonly<Record<string, string>>;
}

/** What a vendor does with one request. An `Error` is thrown by `fetch`; a function decides when the call comes. */
export type ScriptedAnswer =
  | ScriptedOutcome
  | ScriptedRefusal
  | ScriptedText
  | ScriptedJson
  | ScriptedStream
  | Response
  | Error
  | ((call: ScriptedCall) => ScriptedAnswer | Promise<ScriptedAnswer>);

const SCRIPTED = OUTCOMES.filter((outcome) => outcome !== 'cancelled' && outcome !== 'unknown');
const FIELDS = ['outcome', 'text', 'json', 'stream'];

/** What is wrong with an answer that was put into a script; undefined where nothing is. */
export function answerFault(answer: unknown): string | undefined {
  if (typeof answer === 'function' || answer instanceof Error || answer instanceof Response) return undefined;
  if (typeof answer === 'object' && answer !== null) {
    if ('outcome' in answer) return outcomeFault(answer.outcome);
    if (FIELDS.some((field) => field in answer)) return undefined;
  }
  return outcomeFault(answer);
}

/** What is wrong with the name of an outcome. */
export function outcomeFault(outcome: unknown): string | undefined {
  if (SCRIPTED.some((known) => known === outcome)) return undefined;
  const shown = typeof outcome === 'string' ? `"${outcome}"` : `A value of type ${typeof outcome}`;
  return `${shown} is no answer. Use an outcome (${SCRIPTED.join(', ')}), an object with one of ${FIELDS.join(', ')}, a Response, an Error, or a function.`;
}
