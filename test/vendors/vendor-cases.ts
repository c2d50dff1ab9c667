import first from '../fixtures/vendor-cases.json';
import second from '../fixtures/vendor-cases-2.json';
import type { Phase, VendorError } from '../../src/key-management';
import {
  vendorErrorFrom,
  vendorErrorFromStreamEvent,
  type EvidenceContext,
} from '../../src/key-management/classification/evidence/error-evidence';

/** One answer that a vendor really gave, and what it means. */
export interface VendorCase {
  readonly id: string;
  readonly vendor: string;
  readonly phase: Phase;
  readonly endpoint?: string;
  readonly path?: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly sse?: string;
  readonly contentEmitted?: boolean;
  readonly expected: Readonly<Record<'outcome' | 'keyAction' | 'scope' | 'retry', string>> & {
    readonly retryAfterMs: number | null;
  };
  /** Other outcomes that are right, too. */
  readonly acceptable?: readonly string[];
}

/** Times in the second set are said from `now` on: epoch milliseconds or seconds, ISO, China's time without and with its zone. */
export function filledCases(now: number): readonly VendorCase[] {
  const text = JSON.stringify(second).replace(
    /\{\{(epochMs|epochS|iso|cnz|cn)\+(\d+)\}\}/g,
    (_, kind: string, ms: string) => {
      const at = now + Number(ms);
      const china = new Date(at + 8 * 3_600_000).toISOString().slice(0, 19);
      const forms: Record<string, string> = {
        epochMs: String(at),
        epochS: String(at / 1_000),
        iso: new Date(at).toISOString(),
        cn: china.replace('T', ' '),
        cnz: `${china}+08:00`,
      };
      return forms[kind]!;
    },
  );
  return (JSON.parse(text) as { cases: VendorCase[] }).cases;
}

const outcomeOf = (name: string): string => (name === 'model_unavailable_for_key' ? 'model_unavailable' : name);

/** Both sets. The first names model_unavailable otherwise, and compatible vendors by a prefix. */
export const VENDOR_CASES: readonly VendorCase[] = [
  ...(first as unknown as { cases: (VendorCase & { transport?: object | null })[] }).cases
    .filter(({ transport }) => !transport)
    .map((item) => ({
      ...item,
      vendor: item.vendor.replace(/^compat:/, ''),
      endpoint: item.endpoint ?? undefined,
      expected: { ...item.expected, outcome: outcomeOf(item.expected.outcome) },
    })),
  ...filledCases(Date.now()),
];

/** What of a case its evidence is read from. */
type CaseAnswer = Pick<VendorCase, 'phase' | 'headers' | 'body' | 'sse' | 'contentEmitted'> & {
  readonly endpoint?: string | null;
  readonly status: number | null;
  /** What was thrown where no answer came. */
  readonly transport?: { callerAborted?: boolean };
};

/** The evidence in the answer of a case, read at `now` (milliseconds since the epoch). */
export function evidenceOf(item: CaseAnswer, now: number): VendorError {
  const { phase, endpoint, contentEmitted, transport, sse, status, headers, body } = item;
  const context: EvidenceContext = {
    phase,
    endpoint: endpoint ?? undefined,
    contentEmitted,
    callerAborted: transport?.callerAborted,
    now,
  };
  if (sse !== undefined) return vendorErrorFromStreamEvent(sse, headers, context);
  return vendorErrorFrom(transport ?? { status, headers, body }, context);
}
