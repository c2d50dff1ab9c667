import type { JSX } from 'preact';
import type { KeyDetails, KeyEntry, LimitLeft } from '../api/types';
import { accountText } from '../model/account';
import { counted, momentOf, span, wholeNumber, words } from '../model/format';
import { NO_FILTER } from '../model/key-list';
import { useNow } from '../state/clock';
import { RunOutLine } from './run-out-line';
import { leaveKey } from '../state/opened-key';
import { filter } from '../state/view';

/** What the key may still use: its account, who shares it, what is left of limits and money, and until when that lasts. */
export function KeyViewAccount({ entry, details }: { entry: KeyEntry; details: KeyDetails | undefined }): JSX.Element {
  const now = useNow();
  const { balance } = entry;
  const isKnown = (entry.runs_out_at ?? entry.runs_out_between) !== null;
  const limits = details?.limits_left ?? [];
  return (
    <section aria-labelledby="key-account">
      <h3 id="key-account">Account and limits</h3>
      <Account entry={entry} keys={details?.account_keys ?? 1} />
      {balance !== null && (
        <p>
          <b>
            {wholeNumber(balance.left)} {balance.unit}
          </b>{' '}
          left, says the vendor ({momentOf(balance.read_at, now)}).
        </p>
      )}
      {isKnown ? (
        <p class="key-runs-out">
          <RunOutLine what="it" verb="runs" {...entry} />
        </p>
      ) : (
        <p class="faint">When it runs out is not known, or it does not at the present pace.</p>
      )}
      {limits.length === 0 ? (
        <p class="faint">No limit is set, and the vendor's answers have stated none yet.</p>
      ) : (
        <ul class="key-list key-limits">
          {limits.map((limit) => (
            <Limit key={`${limit.from} ${limit.model ?? ''} ${limit.unit} ${limit.per}`} limit={limit} now={now} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Account({ entry, keys }: { entry: KeyEntry; keys: number }): JSX.Element {
  const { quota_group: account, provider } = entry;
  if (account === null) return <p class="faint">No account is known that it shares with other keys.</p>;
  return (
    <p>
      {accountText(entry)}{' '}
      <button
        type="button"
        class="link-button key-inline"
        onClick={() => {
          leaveKey();
          filter.set({ ...NO_FILTER, provider, account });
        }}
      >
        Show its {counted(keys, 'key')}
      </button>
    </p>
  );
}

function Limit({ limit, now }: { limit: LimitLeft; now: number }): JSX.Element {
  const { model, unit, per, left, limit: most, from, ends_at: endsAt } = limit;
  const name = `${words(unit)} a ${per}${model === null ? '' : `, ${model}`}`;
  const share = most > 0 ? left / most : 0;
  return (
    <li>
      <b>{name}</b>
      <span class="faint">{from === 'vendor' ? 'stated by the vendor' : 'set here'}</span>
      <span class={share < 0.1 ? 'tone-removed' : share < 0.3 ? 'tone-cooling_down' : ''}>
        {wholeNumber(Math.floor(left))} of {wholeNumber(most)} left
        {endsAt !== null && Date.parse(endsAt) > now && `, anew in ${span(Date.parse(endsAt) - now)}`}
      </span>
      <progress class="progress" value={Math.min(1, share)} max={1} aria-label={`Left of ${name}`} />
    </li>
  );
}
