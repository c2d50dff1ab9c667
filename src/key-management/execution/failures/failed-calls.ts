import { redactText } from '../../classification/redaction/redact';
import type { KeyManagementError, KeyManagementErrorCode } from '../../errors';
import type { CallEnd } from '../../pool/call-batches';
import { CONSEQUENCES } from '../../vendors/contract/outcome';
import type { ExecutionReport } from '../execution.types';

/** One call that failed. Of what it was called with, only the names of model and endpoint: no options, no request, no key. */
export interface FailedCallEntry {
  /** Grows by one with each. */
  readonly id: number;
  /** When it ended; milliseconds since the epoch. */
  readonly at: number;
  readonly provider: string;
  /** Of the last attempt, as what follows; undefined where none was made. */
  readonly keyId: string | undefined;
  readonly maskedKey: string | undefined;
  readonly account: string | undefined;
  /** The vendor's HTTP status. */
  readonly status: number | undefined;
  /** The vendor's sentence, or the package's own where no attempt was made. */
  readonly reason: string | undefined;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  /** Of the last attempt, or what ended the call before it had one. */
  readonly outcome: CallEnd;
  /** What the caller got; undefined for an answer that failed after its call had returned it. */
  readonly code: KeyManagementErrorCode | undefined;
  readonly attempts: number;
  readonly durationMs: number;
}

/** A call as it ended. */
export interface EndedCall {
  readonly report: ExecutionReport & { readonly error?: KeyManagementError };
  readonly outcome: CallEnd;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface FailedCallQuery {
  readonly limit: number;
  /** Only calls with a smaller id. */
  readonly before?: number | undefined;
  readonly provider?: string | undefined;
  readonly outcome?: CallEnd | undefined;
  /** Only calls for which it answers true. */
  readonly where?: ((call: FailedCallEntry) => boolean) | undefined;
}

/** Characters of a model's or an endpoint's name that are shown. */
const LONGEST_NAME = 120;
/** What vendors quote of a request that they find fault with; its end may be cut off. */
const QUOTED = /(?<![\p{L}\d])(["'`“])[^"'`“”]{40,}(?:["'`”]|$)/gu;

/** The latest failed calls of this instance, in memory. Each takes some hundred bytes. */
export class FailedCalls {
  /** Oldest first. */
  readonly #entries: FailedCallEntry[] = [];
  #lastId = 0;

  /** @param keep The greatest number of calls that are remembered. */
  constructor(private readonly keep: number) {}

  /** Takes in a call that failed. One that its caller gave up says nothing of anybody, and is left out. */
  record({ report, outcome, model, endpoint, now }: EndedCall): void {
    if (outcome === 'cancelled') return;
    const last = report.attempts.at(-1);
    // Field by field: the report has the vendor's error, and that the request.
    this.#entries.push({
      id: (this.#lastId += 1),
      at: now,
      provider: report.provider,
      keyId: last?.keyId,
      maskedKey: last?.maskedKey,
      account: last?.account,
      status: last?.status,
      reason: last === undefined ? report.error?.message : last.reason,
      model,
      endpoint,
      // That no key was left then is in the code.
      outcome: last === undefined || last.outcome === 'ok' ? outcome : last.outcome,
      code: report.error?.code,
      attempts: report.attemptsMade,
      durationMs: report.totalTimeMs,
    });
    if (this.#entries.length > this.keep) this.#entries.shift();
  }

  /** Newest first, and redacted: what callers and vendors wrote may be anything. */
  latest({ limit, before = Infinity, provider, outcome, where = () => true }: FailedCallQuery): FailedCallEntry[] {
    const found: FailedCallEntry[] = [];
    for (let at = this.#entries.length - 1; at >= 0 && found.length < limit; at -= 1) {
      const entry = this.#entries[at]!;
      if (entry.id >= before || (provider !== undefined && entry.provider !== provider)) continue;
      if ((outcome === undefined || entry.outcome === outcome) && where(entry)) found.push(shown(entry));
    }
    return found;
  }
}

const shown = (entry: FailedCallEntry): FailedCallEntry => ({
  ...entry,
  model: entry.model === undefined ? undefined : redactText(entry.model, [], LONGEST_NAME),
  endpoint: entry.endpoint === undefined ? undefined : redactText(entry.endpoint, [], LONGEST_NAME),
  reason: entry.reason === undefined ? undefined : withoutPrompt(redactText(entry.reason), entry.outcome),
});

/** What is wrong with a request vendors say by quoting it: no long quotation stays. */
function withoutPrompt(reason: string, outcome: CallEnd): string {
  const isOfRequest = outcome !== 'no_key' && CONSEQUENCES[outcome].fault === 'caller';
  return isOfRequest ? reason.replace(QUOTED, '$1…$1') : reason;
}
