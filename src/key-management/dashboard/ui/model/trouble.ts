import type { ProviderFigures } from '../api/types';
import { counted, wholeNumber, words } from './format';
import type { KeyGroup } from './key-groups';
import { STATUSES } from './status';
import { sameWords, shortened, vendorWords } from './vendor-words';

/** What an operator can do about it, each with a button of its own. */
export type Remedy = 'resume' | 'add' | 'check' | 'pause' | 'show';

/** `nobody`: it is called and serves nobody. `some`: some calls fail, or would. `note`: worth a look by day. */
type Gravity = 'nobody' | 'some' | 'note';

/** One sentence about a provider that is in trouble, in its parts. Times are milliseconds since the epoch. */
export interface Trouble {
  readonly gravity: Gravity;
  /** What is the matter, in one clause. */
  readonly what: string;
  /** In the vendor's words, grouped: `6 keys: insufficient_quota`. */
  readonly said: readonly string[];
  readonly since: number;
  /** What happens next by itself, and when; undefined where nothing does, or nobody knows when. */
  readonly back: { readonly at: number; readonly what: string } | undefined;
  /** What to do. */
  readonly advice: string;
  readonly remedies: readonly Remedy[];
}

interface Findings {
  readonly what: string;
  readonly said: readonly string[];
  readonly back?: Trouble['back'];
  readonly advice: string;
  readonly remedies: readonly Remedy[];
}

/** Groups that are told one by one. */
const MOST_GROUPS = 3;
const MOST_MODELS = 3;
/** As the server draws the line to "degraded". */
const DEGRADED_SHARE = 0.05;

/**
 * What is wrong with a provider; undefined where nothing is.
 * @param groups Its keys that are in trouble, the largest group first; empty while they are not loaded.
 */
export function troubleOf(figures: ProviderFigures, groups: readonly KeyGroup[]): Trouble | undefined {
  const gravity = gravityOf(figures, groups);
  if (gravity === undefined) return undefined;
  const found = findingsOf(figures, groups);
  const said = figures.removals_doubted && found !== DOUBTED ? [...found.said, DOUBTED.what] : found.said;
  return { gravity, since: Date.parse(figures.state_since), back: undefined, ...found, said };
}

function gravityOf(figures: ProviderFigures, groups: readonly KeyGroup[]): Gravity | undefined {
  const { state, called, removals_doubted: doubted } = figures;
  if (state === 'paused' || state === 'no_usable_key' || state === 'failing') return called ? 'nobody' : 'note';
  if (state === 'degraded') return 'some';
  return doubted || groups.some(isOut) ? 'note' : undefined;
}

/** Out of the pool by no will of an administrator. */
const isOut = ({ status }: KeyGroup): boolean => status === 'invalid_key' || status === 'quota_exceeded';

function findingsOf(figures: ProviderFigures, groups: readonly KeyGroup[]): Findings {
  const { state, removals_doubted: doubted } = figures;
  if (state === 'paused') return paused(figures);
  if (state === 'no_usable_key')
    return figures.summary.total_keys === 0 ? keyless(figures) : withoutKey(figures, groups);
  if (state === 'failing') return failing(figures);
  if (state === 'degraded') return degraded(figures, groups);
  if (doubted) return DOUBTED;
  const out = groups.filter(isOut);
  // As the bar below counts them; what an administrator disabled is no reason to look, but belongs to the number.
  const disabled = groups.filter(({ status }) => status === 'disabled');
  const keys = [...out, ...disabled].reduce((sum, group) => sum + group.keys, 0);
  const what = `${wholeNumber(keys)} of its ${counted(figures.summary.total_keys, 'key')} ${keys === 1 ? 'is' : 'are'} out of the pool`;
  return { what, said: [...groupTexts(out), ...groupTexts(disabled)], ...adviceFor(out[0]) };
}

function paused({ state_until: until }: ProviderFigures): Findings {
  return {
    what: 'An administrator paused it, and every call is refused',
    said: [],
    ...(until !== null && { back: { at: Date.parse(until), what: 'It resumes by itself' } }),
    advice: 'Resume it when it may serve again.',
    remedies: ['resume'],
  };
}

const keyless = ({ called }: ProviderFigures): Findings => ({
  what: called ? 'It is called and has no keys, so every call is refused' : 'It has no keys',
  said: [],
  advice: 'Add keys to it.',
  remedies: ['add'],
});

function withoutKey(figures: ProviderFigures, groups: readonly KeyGroup[]): Findings {
  const { unserved_models: unserved, summary } = figures;
  const models = unserved.flatMap(({ model }) => (model === null ? [] : [model]));
  // Keys that are out serve no other model either.
  const out = groups.reduce((sum, { keys, place }) => sum + (place === undefined ? keys : 0), 0);
  const isModelWide = models.length > 0 && models.length === unserved.length && out < summary.total_keys;
  const [only] = models;
  const what = !isModelWide
    ? `None of its ${counted(summary.total_keys, 'key')} can be used`
    : models.length === 1
      ? `No key can serve ${only!}, the only model that is called`
      : `No key can serve any model that is called (${named(models)})`;
  return { what, said: groupTexts(groups), back: firstBack(figures), ...adviceFor(groups[0]) };
}

/** When the first key is back, or is checked again. */
function firstBack({ unserved_models: unserved, state_until: until }: ProviderFigures): Trouble['back'] {
  const soonest = unserved
    .flatMap(({ until: at, ends }) => (at === null ? [] : [{ at: Date.parse(at), ends }]))
    .sort((a, b) => a.at - b.at)[0];
  if (soonest)
    return {
      at: soonest.at,
      what: soonest.ends === 'recheck' ? 'The first key is checked again' : 'The first key is back',
    };
  return until === null ? undefined : { at: Date.parse(until), what: 'The first key is back or checked again' };
}

function failing(figures: ProviderFigures): Findings {
  const { judged, held_back: held, state_until: until, failure_reasons: reasons } = figures;
  const failed =
    judged.failures === 0
      ? 'Nearly every request failed lately'
      : `${wholeNumber(judged.failures)} of ${counted(judged.calls, 'call')} in the last 5 minutes failed`;
  return {
    what: held ? `${failed}, and the circuit breaker holds calls back` : failed,
    said: failureTexts(reasons),
    back: held && until !== null ? { at: Date.parse(until), what: 'Single calls try again' } : undefined,
    ...adviceForOutcome(reasons[0]?.outcome),
  };
}

function degraded(figures: ProviderFigures, groups: readonly KeyGroup[]): Findings {
  const { judged, unserved_models: unserved, failure_reasons: reasons } = figures;
  if (unserved.length > 0) {
    const models = unserved.map(({ model }) => model ?? 'calls that name no model');
    const concerned = groups.filter(({ place }) => place === undefined || models.includes(place));
    return {
      what: `No key can serve ${named(models)}`,
      said: groupTexts(concerned),
      back: firstBack(figures),
      ...adviceFor(concerned[0]),
    };
  }
  if (judged.failures > judged.calls * DEGRADED_SHARE) {
    return {
      what: `${wholeNumber(judged.failures)} of ${counted(judged.calls, 'call')} in the last 5 minutes failed`,
      said: failureTexts(reasons),
      ...adviceForOutcome(reasons[0]?.outcome),
    };
  }
  // What is left is told in a banner, too.
  return {
    what: figures.state_reason.replace(/\.$/, ''),
    said: [],
    advice: 'Bring the store back; until then its keys serve calls as before.',
    remedies: [],
  };
}

const DOUBTED: Findings = {
  what: 'Several keys met one and the same refusal, so no key is removed for it, and probes decide',
  said: [],
  advice: "It may be a proxy's or the vendor's own trouble: check the keys to know.",
  remedies: ['check'],
};

const named = (models: readonly string[]): string =>
  models.length > MOST_MODELS
    ? `${models.slice(0, MOST_MODELS).join(', ')} and ${models.length - MOST_MODELS} more`
    : models.join(', ');

/** `6 keys: insufficient_quota`; the first of them with the vendor's sentence, where it is the only one. */
function groupTexts(groups: readonly KeyGroup[]): string[] {
  const told = groups.slice(0, MOST_GROUPS).map(({ keys, status, reason, place }) => {
    const { code, message } = vendorWords(reason === '' ? STATUSES[status].label.toLowerCase() : reason);
    const sentence =
      groups.length === 1 && code !== undefined && message !== undefined ? ` – “${shortened(message)}”` : '';
    const forPlace = place === undefined ? '' : ` for ${place}`;
    return `${counted(keys, 'key')}: ${code ?? shortened(message!)}${forPlace}${sentence}`;
  });
  const others = groups.slice(MOST_GROUPS).reduce((sum, { keys }) => sum + keys, 0);
  return others > 0 ? [...told, `${counted(others, 'key')} for other reasons`] : told;
}

function failureTexts(reasons: ProviderFigures['failure_reasons']): string[] {
  const groups = new Map<string, number>();
  for (const { reason, status, outcome, calls } of reasons) {
    const said = vendorWords(reason === null ? words(outcome) : sameWords(reason));
    const http = status === null ? '' : ` (HTTP ${status})`;
    const sentence = said.code !== undefined && said.message !== undefined ? ` – “${shortened(said.message)}”` : '';
    const text = `${said.code ?? shortened(said.message!)}${http}${sentence}`;
    groups.set(text, (groups.get(text) ?? 0) + calls);
  }
  const latest = [...groups.values()].reduce((sum, calls) => sum + calls, 0);
  // Of the latest alone, so that one number of all would be wrong.
  if (groups.size === 1) return [`The vendor says: ${[...groups.keys()][0]!}`];
  return [...groups]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_GROUPS)
    .map(([text, calls]) => `${calls} of the latest ${latest}: ${text}`);
}

type Advice = Pick<Findings, 'advice' | 'remedies'>;

function adviceFor(group: KeyGroup | undefined): Advice {
  switch (group?.status) {
    case 'quota_exceeded':
      return {
        advice: 'Top up the account and check the keys then, or add keys of another account.',
        remedies: ['check', 'add'],
      };
    case 'invalid_key':
      return { advice: 'Add new keys; check the old ones if they should be good.', remedies: ['add', 'check'] };
    case 'disabled':
      return { advice: 'Enable keys in the table, or add others.', remedies: ['show', 'add'] };
    case 'unchecked':
      return { advice: 'Check the keys.', remedies: ['check'] };
    case undefined:
      return { advice: 'Look at its keys, or check them.', remedies: ['show', 'check'] };
    default:
      return {
        advice: 'Wait, or add keys of another account, which would serve at once.',
        remedies: ['add', 'show'],
      };
  }
}

function adviceForOutcome(outcome: string | undefined): Advice {
  switch (outcome) {
    case 'network_error':
    case 'timeout':
      return {
        advice: 'See whether this app reaches the vendor (network, proxy, DNS), then check the keys.',
        remedies: ['check', 'pause'],
      };
    case 'server_error':
    case 'overloaded':
      return {
        advice: "It is the vendor's own trouble: see its status page, and pause it where callers can go elsewhere.",
        remedies: ['pause', 'check'],
      };
    default:
      return { advice: 'Look at its keys, or check them.', remedies: ['check', 'show'] };
  }
}

const GRAVITIES: readonly (Gravity | undefined)[] = ['nobody', 'some', 'note', undefined];

/** Trouble first, the gravest before all; otherwise as the server has them. */
export const troubleFirst = <T extends { readonly trouble: Trouble | undefined; readonly figures: ProviderFigures }>(
  providers: readonly T[],
): T[] => [...providers].sort((a, b) => rankOf(a) - rankOf(b));

/** Of those that serve nobody, one that is paused on purpose comes last; of those that are well, an idle one. */
const rankOf = ({ trouble, figures }: { trouble: Trouble | undefined; figures: ProviderFigures }): number =>
  GRAVITIES.indexOf(trouble?.gravity) * 2 + (figures.state === 'paused' || figures.state === 'idle' ? 1 : 0);
