import type { JSX } from 'preact';
import { useStore } from '../state/store';
import { dismiss, toasts } from '../state/toasts';
import { IconButton } from './button';
import { Shape } from './icon';

const SHAPES = { good: 'healthy', bad: 'removed', neutral: 'neutral' } as const;

export function Toasts(): JSX.Element {
  const shown = useStore(toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ id, tone, text }) => (
        <div key={id} class={`toast ${tone}`}>
          <Shape of={SHAPES[tone]} />
          <p>{text}</p>
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
