import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { announcementOf } from '../model/describe-event';
import { useDashboard } from './context';

/** A screen reader is told of a burst once, not a hundred times. */
const GATHER_MS = 1_500;

export function Announcer(): JSX.Element {
  const { data } = useDashboard();
  const [text, setText] = useState('');

  useEffect(() => {
    let newest = Date.now();
    let waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (): void => {
      timer = undefined;
      setText(waiting.length === 1 ? waiting[0]! : `${waiting.length} keys changed their state.`);
      waiting = [];
    };
    const unsubscribe = data.state.subscribe(() => {
      const fresh = data.state.value.events.filter(({ at }) => Date.parse(at) > newest);
      if (fresh.length === 0) return;
      newest = Math.max(...fresh.map(({ at }) => Date.parse(at)));
      waiting.push(...fresh.flatMap((event) => announcementOf(event) ?? []));
      if (waiting.length > 0) timer ??= setTimeout(say, GATHER_MS);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [data]);

  return (
    <p class="hidden" aria-live="polite">
      {text}
    </p>
  );
}
