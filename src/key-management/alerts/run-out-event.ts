import type { RunOutWarning, RunsOutEvent } from '../pool/key-events';
import type { Funds } from './funds';

const inWords = (amount: number): string => String(Number(amount.toPrecision(4)));

/** @param at When all is spent. Milliseconds since the epoch. */
export function runsOutEvent(
  provider: string,
  { owner, unit, left }: Funds,
  { hours, at, now }: { readonly hours: RunOutWarning; readonly at: number; readonly now: number },
): RunsOutEvent {
  const [account, key] = typeof owner === 'string' ? [owner] : [undefined, owner];
  const whose = key ? `key ${key.key.masked} of ` : account === undefined ? '' : `account ${account} of `;
  const by = new Date(at).toISOString();
  return {
    ...{ type: 'runs_out', provider, at: new Date(now), by: 'time', hours, unit, left, runsOutAt: new Date(at) },
    ...(key && { keyId: key.id, maskedKey: key.key.masked }),
    ...(account !== undefined && { account }),
    reason:
      left > 0
        ? `The ${inWords(left)} ${unit} left of ${whose}${provider} will be spent by ${by} at the present pace.`
        : `No ${unit} is left of ${whose}${provider}.`,
  };
}
