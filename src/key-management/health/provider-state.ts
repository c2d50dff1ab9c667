import { redactReason } from '../classification/redaction/redact';
import type { ProviderState } from '../pool/key-events';
import type { CallEnd } from '../pool/call-batches';
import { countsText, totalOf } from '../pool/key/status-counts';
import type { BreakerStatus } from '../pool/circuit-breaker';
import { pauseReason, type ProviderPause } from '../pool/provider-pauses';
import type { KeyAvailability, UnservedModel } from './key-availability';
import { IN_USE_MS, WINDOW_MS } from './provider-facts';

/** A provider with fewer failures than this in the window is not failing, whatever their share. */
const FEWEST_FAILURES = 5;
/** More than these parts of the calls failed. */
const FAILING_SHARE = 0.5;
const DEGRADED_SHARE = 0.05;
/** Models that a sentence names. */
const MOST_NAMED = 3;

/** Said beside whatever the state is. */
const DOUBT =
  "Several keys met one and the same refusal, which may be a proxy's or the vendor's own trouble: no key is removed for it, and probes decide.";

/** All that the state of a provider follows from. Times are milliseconds since the epoch. */
export interface ProviderSituation {
  readonly provider: string;
  readonly now: number;
  /** Calls of the last five minutes that say something of the provider, and those of them that speak against it. */
  readonly calls: number;
  readonly failures: number;
  readonly lastFailure?: CallEnd | undefined;
  /** Undefined where there was none since the start. */
  readonly lastCallAt?: number | undefined;
  readonly startedAt: number;
  readonly keys: KeyAvailability;
  readonly breaker: BreakerStatus;
  /** Several keys met the same refusal, which no rule knows, so that no key is removed for it. */
  readonly removalsDoubted?: boolean;
  /** An administrator paused it. */
  readonly pause?: ProviderPause | undefined;
  /** The store's kind, and since when it is away; undefined while it is there. */
  readonly storeAway?: { readonly kind: string; readonly since: number | undefined } | undefined;
}

export interface ProviderAssessment {
  readonly state: ProviderState;
  /** One sentence, and one more while removals are doubted. Holds no key, and of callers' words only names of models, cut short. */
  readonly reason: string;
  /** When the state began, where that is known; otherwise it began when it was first seen. */
  readonly since?: number | undefined;
  /** When it may end, where that is known. */
  readonly until?: number | undefined;
}

/** The gravest that applies, in the order of `PROVIDER_STATES`. */
export function providerState(at: ProviderSituation): ProviderAssessment {
  const gravest = paused(at) ?? withoutKey(at) ?? failing(at) ?? degraded(at) ?? idle(at);
  const assessment: ProviderAssessment = gravest ?? { state: 'serving', reason: serving(at) };
  return at.removalsDoubted ? { ...assessment, reason: `${assessment.reason} ${DOUBT}` } : assessment;
}

/** Somebody called the provider within the hour. */
export const isCalled = (lastCallAt: number | undefined, now: number): boolean =>
  lastCallAt !== undefined && now - lastCallAt < IN_USE_MS;

function paused({ provider, pause }: ProviderSituation): ProviderAssessment | undefined {
  if (pause === undefined) return undefined;
  const { since, until } = pause;
  return { state: 'paused', reason: pauseReason(provider, pause), since, until: until < Infinity ? until : undefined };
}

function withoutKey({ provider, keys, lastCallAt, now }: ProviderSituation): ProviderAssessment | undefined {
  const state = 'no_usable_key';
  if (keys.total === 0) {
    if (!isCalled(lastCallAt, now)) return { state, reason: `${provider} has no keys.` };
    return { state, reason: `${provider} is called and has no keys, so every call is refused: add some.` };
  }
  if (keys.unserved.length < keys.asked) return undefined;
  const soonest = Math.min(...keys.unserved.map(({ until }) => until ?? Infinity));
  return {
    state,
    reason: `No key of ${provider} can be used${forModels(keys.unserved)}: ${standing(keys)}.`,
    until: soonest < Infinity ? soonest : undefined,
  };
}

function failing({
  provider,
  calls,
  failures,
  lastFailure,
  breaker,
  now,
}: ProviderSituation): ProviderAssessment | undefined {
  const isBroken = breaker.state !== 'closed' && now - (breaker.until ?? breaker.since) < WINDOW_MS;
  const isFailing = failures >= FEWEST_FAILURES && failures > calls * FAILING_SHARE;
  if (!isBroken && !isFailing) return undefined;
  // What the breaker holds back ends for want of a key, which says nothing of why it is open.
  const cause = isBroken && lastFailure === 'no_key' ? undefined : lastFailure;
  const failed =
    failures === 0
      ? `Nearly every request to ${provider} failed lately`
      : `${failures} of the ${counted(calls, 'call')} to ${provider} in the last five minutes failed${latest(cause)}`;
  const held = isBroken ? '; the circuit breaker holds calls back and lets single ones try' : '';
  return { state: 'failing', reason: `${failed}${held}.`, until: breaker.until };
}

function degraded(situation: ProviderSituation): ProviderAssessment | undefined {
  const { provider, calls, failures, lastFailure, keys, storeAway } = situation;
  const reasons: string[] = [];
  if (failures > calls * DEGRADED_SHARE) {
    reasons.push(`${failures} of the ${counted(calls, 'call')} in the last five minutes failed${latest(lastFailure)}`);
  }
  if (keys.unserved.length > 0) {
    reasons.push(`no key of ${provider} can serve ${named(keys.unserved)}, which was called within the hour`);
  }
  if (storeAway !== undefined) {
    reasons.push(
      `the ${storeAway.kind} store is away, so other instances do not hear of changes, and a restart now would forget them`,
    );
  }
  if (reasons.length === 0) return undefined;
  const [first, ...others] = reasons as [string, ...string[]];
  const since = others.length === 0 ? storeAway?.since : undefined;
  return { state: 'degraded', reason: `${[first[0]!.toUpperCase() + first.slice(1), ...others].join('; ')}.`, since };
}

function idle({ lastCallAt, startedAt, now }: ProviderSituation): ProviderAssessment | undefined {
  if (isCalled(lastCallAt, now)) return undefined;
  return lastCallAt === undefined
    ? { state: 'idle', reason: 'Nobody has called it since the start.', since: startedAt }
    : { state: 'idle', reason: 'Nobody has called it for an hour.', since: lastCallAt + IN_USE_MS };
}

function serving({ calls, failures }: ProviderSituation): string {
  if (calls === 0) return 'No call has ended in the last five minutes; keys are ready.';
  return failures > 0
    ? `Only ${failures} of the ${counted(calls, 'call')} in the last five minutes failed.`
    : `${counted(calls, 'call')} in the last five minutes, and none failed by a fault of the vendor or the keys.`;
}

function latest(lastFailure: CallEnd | undefined): string {
  if (lastFailure === undefined) return '';
  return lastFailure === 'no_key' ? ', the latest for want of a key' : `, the latest with ${lastFailure}`;
}

function forModels(unserved: readonly UnservedModel[]): string {
  const isGeneral = unserved.some(({ model }) => model === undefined);
  if (isGeneral) return '';
  return unserved.length === 1
    ? ` for ${named(unserved)}, the only model that is called`
    : ` for any model that is called (${named(unserved)})`;
}

function named(unserved: readonly UnservedModel[]): string {
  const names = unserved.map(({ model }) => (model === undefined ? 'calls that name no model' : modelText(model)));
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}

/** A model's name to be shown: callers may call a model anything. */
export function modelText(model: string): string {
  const shown = redactReason(model) ?? '';
  return shown.length <= 60 ? shown : `${Array.from(shown).slice(0, 59).join('')}…`;
}

/** How many keys cool down, and how many are out for what. */
function standing({ total, out }: KeyAvailability): string {
  const cooling = total - totalOf(out);
  const parts = countsText(out);
  if (cooling > 0)
    parts.unshift(
      cooling === total && total > 1 ? `all ${total} cool down` : `${cooling} cool${cooling === 1 ? 's' : ''} down`,
    );
  return parts.join(', ');
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
