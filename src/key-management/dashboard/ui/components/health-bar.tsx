import type { JSX } from 'preact';
import { counted, shortNumber } from '../model/format';
import type { Standings } from '../model/status';
import { Shape } from './icon';

const PARTS = ['healthy', 'cooling_down', 'removed', 'unknown'] as const;
const WORDS = { healthy: 'healthy', cooling_down: 'cooling down', removed: 'removed', unknown: 'unchecked' };

const Part = ({ fill, count }: { fill: string; count: number }): JSX.Element => (
  <span class={`health-part fill-${fill}`} style={{ flexGrow: count }} />
);

const partlyWords = ({ partly, healthy }: Standings): string =>
  `${partly === healthy ? (partly === 1 ? 'but it cools down' : 'but all cool down') : `${partly} of them cool down`} for a model`;

/** How many keys work, cool down and are out: as lengths and patterns, and in words below. */
export function HealthBar({ counts }: { counts: Standings }): JSX.Element {
  const shown = PARTS.filter((part) => counts[part] > 0);
  const words = shown.map((part) => `${counts[part]} ${WORDS[part]}`);
  const text = [...words, ...(counts.partly > 0 ? [partlyWords(counts)] : [])].join(', ');
  return (
    <div class="health">
      <div class="health-bar" role="img" aria-label={`${counted(counts.total, 'key')}: ${text || 'none'}`}>
        {counts.healthy > counts.partly && <Part fill="healthy" count={counts.healthy - counts.partly} />}
        {counts.partly > 0 && <Part fill="partly" count={counts.partly} />}
        {shown
          .filter((part) => part !== 'healthy')
          .map((part) => (
            <Part key={part} fill={part} count={counts[part]} />
          ))}
      </div>
      <ul class="health-words" aria-hidden="true">
        {PARTS.filter((part) => part !== 'unknown' || counts.unknown > 0).map((part) => (
          <li key={part} class={counts[part] > 0 ? `tone-${part}` : 'faint'}>
            <Shape of={part} />
            <b>{shortNumber(counts[part])}</b> {WORDS[part]}
            {part === 'healthy' && counts.partly > 0 && `, ${partlyWords(counts)}`}
          </li>
        ))}
      </ul>
    </div>
  );
}
