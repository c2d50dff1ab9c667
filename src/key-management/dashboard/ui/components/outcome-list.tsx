import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { sortedOutcomes, type BulkOutcome } from '../model/bulk';
import { outcomesAsCsv } from '../model/export-keys';
import { wholeNumber } from '../model/format';
import { downloadCsv } from '../state/download';
import { Shape } from './icon';

/** Lines that are shown at once: the eye takes no thousand in, and the page would pay for each. */
const LINES = 200;

/** What became of each key, what needs a look first. All of it can be saved. */
export function OutcomeList({ outcomes }: { outcomes: readonly BulkOutcome[] }): JSX.Element {
  const [most, setMost] = useState(LINES);
  const sorted = useMemo(() => sortedOutcomes(outcomes), [outcomes]);
  const more = sorted.length - most;
  return (
    <>
      <ul class="verdicts" aria-label="Results" tabIndex={0}>
        {sorted.slice(0, most).map((outcome, index) => (
          <OutcomeLine key={`${index} ${outcome.id}`} outcome={outcome} />
        ))}
        {more > 0 && (
          <li>
            <button type="button" class="link-button" onClick={() => setMost(most + LINES)}>
              Show {wholeNumber(Math.min(LINES, more))} more of {wholeNumber(more)}
            </button>
          </li>
        )}
      </ul>
      {sorted.length > 0 && (
        <p>
          <button
            type="button"
            class="link-button save-results"
            onClick={() => downloadCsv('key-results', outcomesAsCsv(sorted))}
          >
            Save the {wholeNumber(sorted.length)} results as CSV
          </button>
        </p>
      )}
    </>
  );
}

const OutcomeLine = ({
  outcome: { masked_key: mask, standing, word, detail },
}: {
  outcome: BulkOutcome;
}): JSX.Element => (
  <li class="verdict">
    <code>{mask}</code>
    <span class={`badge tone-${standing}`}>
      <Shape of={standing} />
      {word}
    </span>
    {detail !== undefined && <span class="sub">{detail}</span>}
  </li>
);
