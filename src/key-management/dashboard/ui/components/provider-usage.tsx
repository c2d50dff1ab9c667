import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../api/api-error';
import type { ModelUsage } from '../api/types';
import { shortNumber } from '../model/format';
import { moneyOf } from '../model/usage-words';
import { Refreshing } from '../state/refreshing';
import { useDashboard } from './context';

const FRESH_MS = 10_000;
/** Rows in the page. */
const MOST_MODELS = 12;

/** What the calls of a provider used by model, of all instances. It is asked for as long as it is shown. */
export function ProviderUsage({ provider }: { provider: string }): JSX.Element {
  const { client } = useDashboard();
  const [models, setModels] = useState<readonly ModelUsage[]>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const load = async (): Promise<void> => {
      try {
        const found = await client.usageByModel(provider);
        if (refreshing.isStopped) return;
        setModels(found);
        setProblem(undefined);
      } catch (error) {
        if (refreshing.isStopped) return;
        setProblem(messageOf(error));
      }
      refreshing.again(FRESH_MS);
    };
    const refreshing = new Refreshing(load, FRESH_MS);
    void load();
    return () => refreshing.stop();
  }, [client, provider]);

  if (problem !== undefined)
    return (
      <p class="problem" role="alert">
        {problem}
      </p>
    );
  if (models === undefined) return <div class="skeleton skeleton-line" role="status" aria-label="Loading the use" />;
  return (
    <table>
      <caption>Answered calls of all instances and of all time, with the keys that are there now</caption>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">Calls</th>
          <th scope="col">Tokens</th>
          <th scope="col">Cost</th>
        </tr>
      </thead>
      <tbody>
        {models.slice(0, MOST_MODELS).map((each) => (
          <tr key={each.model}>
            <th scope="row" title={each.model ?? undefined}>
              {each.model ?? 'none named'}
            </th>
            <td>{shortNumber(each.requests)}</td>
            <td>{shortNumber(each.input_tokens + each.output_tokens)}</td>
            <td>{moneyOf(each)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
