import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { FailedCall } from '../api/types';
import { failedOutcomes, inShort } from '../model/failed-call';
import { dayTime, duration, momentOf, wholeNumber, words } from '../model/format';
import { providerName } from '../model/provider-names';
import { FailedCalls as Calls, MOST_FAILED_CALLS } from '../state/failed-calls';
import { useStore } from '../state/store';
import { failedFilter } from '../state/view';
import { Button } from './button';
import { useDashboard } from './context';
import { KeyLink } from './key-link';

/** Rows that are shown at once. */
const ROWS = 25;

/** The latest calls that failed: who, where, and what the vendor said. */
export function FailedCalls(): JSX.Element {
  const { client } = useDashboard();
  const latest = useMemo(() => new Calls(client), [client]);
  const { phase, calls, hasMore, problem } = useStore(latest.state);
  const [most, setMost] = useState(ROWS);

  useEffect(() => {
    latest.start();
    return () => latest.stop();
  }, [latest]);

  return (
    <section class="card failed-calls" aria-labelledby="failed-title">
      <header class="section-head">
        <h2 id="failed-title">Failed calls</h2>
        {phase === 'ready' && (
          <p class="faint" role="status">
            {hasMore ? `the latest ${wholeNumber(MOST_FAILED_CALLS)}` : wholeNumber(calls.length)}, of the instance that
            answers; no prompts
          </p>
        )}
      </header>
      {phase === 'off' ? (
        <p class="empty-text">{problem}</p>
      ) : (
        <>
          <Choice calls={calls} />
          {problem !== undefined && (
            <p class="problem failed-problem" role="alert">
              {problem}
            </p>
          )}
          {phase === 'loading' ? (
            <p class="empty-text" role="status">
              {problem === undefined ? 'Loading…' : 'Not loaded yet. The page keeps trying.'}
            </p>
          ) : calls.length === 0 ? (
            <NoCalls />
          ) : (
            <CallTable calls={calls.slice(0, most)} />
          )}
          {calls.length > most && (
            <p class="failed-more">
              <Button onClick={() => setMost(most + 4 * ROWS)}>
                Show {wholeNumber(Math.min(4 * ROWS, calls.length - most))} more
              </Button>
            </p>
          )}
        </>
      )}
    </section>
  );
}

function NoCalls(): JSX.Element {
  const { provider, outcome } = useStore(failedFilter);
  const isFiltered = provider !== undefined || outcome !== undefined;
  return (
    <div class="empty-text">
      <p>{isFiltered ? 'No failed call matches.' : 'No call failed since this instance started.'}</p>
      {isFiltered && (
        <Button onClick={() => failedFilter.set({ provider: undefined, outcome: undefined })}>Show all</Button>
      )}
    </div>
  );
}

function Choice({ calls }: { calls: readonly FailedCall[] }): JSX.Element {
  const { data } = useDashboard();
  const providers = useStore(data.state, (state) => state.figures?.providers);
  const { provider, outcome } = useStore(failedFilter);
  const names = [...new Set([...Object.keys(providers ?? {}), ...(provider === undefined ? [] : [provider])])];
  return (
    <div class="toolbar" role="search" aria-label="Failed calls">
      <select
        aria-label="Provider of failed calls"
        value={provider ?? ''}
        onChange={({ currentTarget }) => failedFilter.patch({ provider: currentTarget.value || undefined })}
      >
        <option value="">Any provider</option>
        {names.map((each) => (
          <option key={each} value={each}>
            {providerName(each)}
          </option>
        ))}
      </select>
      <select
        aria-label="Outcome of failed calls"
        value={outcome ?? ''}
        onChange={({ currentTarget }) => failedFilter.patch({ outcome: currentTarget.value || undefined })}
      >
        <option value="">Any outcome</option>
        {failedOutcomes(calls, outcome).map((each) => (
          <option key={each} value={each}>
            {words(each)}
          </option>
        ))}
      </select>
    </div>
  );
}

const CallTable = ({ calls }: { calls: readonly FailedCall[] }): JSX.Element => (
  <div class="failed-scroll" tabIndex={0} role="region" aria-label="Failed calls, newest first">
    <table class="failed-table">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Provider</th>
          <th scope="col">Outcome</th>
          <th scope="col">Model</th>
          <th scope="col">Key</th>
          <th scope="col" class="number">
            Attempts
          </th>
          <th scope="col" class="number">
            Took
          </th>
          <th scope="col">What was said</th>
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <CallRow key={call.id} call={call} />
        ))}
      </tbody>
    </table>
  </div>
);

function CallRow({ call }: { call: FailedCall }): JSX.Element {
  const { provider, key_id: id, masked_key: mask } = call;
  return (
    <tr>
      <td class="failed-when">
        <time dateTime={call.at} title={dayTime(call.at)}>
          {momentOf(call.at, Date.now())}
        </time>
      </td>
      <td class="failed-provider">{providerName(provider)}</td>
      <td class="failed-outcome">
        <b>{words(call.outcome)}</b>
        <span class="sub">{inShort(call)}</span>
      </td>
      <td class="failed-model">
        {call.model ?? <span class="faint">none named</span>}
        {call.endpoint !== null && (
          <span class="sub" title={call.endpoint}>
            {call.endpoint}
          </span>
        )}
      </td>
      <td class="failed-key">
        {id === null ? (
          <span class="faint">none</span>
        ) : (
          <KeyLink provider={provider} id={id}>
            <code>{mask ?? id}</code>
          </KeyLink>
        )}
        {call.account !== null && <span class="sub">{call.account}</span>}
      </td>
      <td class="number failed-attempts">
        {call.attempts}
        <span class="failed-unit"> {call.attempts === 1 ? 'attempt' : 'attempts'}</span>
      </td>
      <td class="number failed-took">{duration(call.duration)}</td>
      <td class="failed-reason">{call.reason ?? <span class="faint">nothing</span>}</td>
    </tr>
  );
}
