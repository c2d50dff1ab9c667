import type { JSX } from 'preact';
import type { KeyDetails, KeyEntry, UsageEntry } from '../api/types';
import { counted, wholeNumber } from '../model/format';
import { moneyOf, unknownWords } from '../model/usage-words';

/** What the key's calls used of all time, and what that cost, by model. */
export function KeyViewUsage({ entry, details }: { entry: KeyEntry; details: KeyDetails | undefined }): JSX.Element {
  const { usage } = entry;
  const unknown = unknownWords(usage);
  const models = details?.usage_by_model ?? [];
  return (
    <section aria-labelledby="key-usage">
      <h3 id="key-usage">Use and cost, of all time</h3>
      <p>
        {counted(usage.requests, 'answered call')}, {wholeNumber(usage.input_tokens)} tokens in (
        {wholeNumber(usage.cached_input_tokens)} from a cache), {wholeNumber(usage.output_tokens)} out (
        {wholeNumber(usage.reasoning_tokens)} reasoning). Cost: <b>{moneyOf(usage)}</b>.
      </p>
      {unknown !== undefined && <p class="faint">{unknown}</p>}
      {models.length > 0 && (
        <div class="key-table-scroll" tabIndex={0} role="region" aria-label="Use by model">
          <table class="key-table">
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col" class="number">
                  Calls
                </th>
                <th scope="col" class="number">
                  Tokens in
                </th>
                <th scope="col" class="number">
                  Tokens out
                </th>
                <th scope="col" class="number">
                  Cost
                </th>
              </tr>
            </thead>
            <tbody>
              {models.map((each) => (
                <ModelRow key={each.model} name={each.model ?? 'none named'} usage={each} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const ModelRow = ({ name, usage }: { name: string; usage: UsageEntry }): JSX.Element => (
  <tr>
    <th scope="row">{name}</th>
    <td class="number">{wholeNumber(usage.requests)}</td>
    <td class="number">{wholeNumber(usage.input_tokens)}</td>
    <td class="number">{wholeNumber(usage.output_tokens)}</td>
    <td class="number">{moneyOf(usage)}</td>
  </tr>
);
