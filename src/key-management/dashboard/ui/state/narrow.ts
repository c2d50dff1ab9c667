import { useEffect, useState } from 'preact/hooks';

/** The same width as in narrow.css. */
const NARROW = matchMedia('(max-width: 720px)');

/** Whether there is room for rows, or only for cards. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(NARROW.matches);
  useEffect(() => {
    const changed = (): void => setNarrow(NARROW.matches);
    NARROW.addEventListener('change', changed);
    return () => NARROW.removeEventListener('change', changed);
  }, []);
  return narrow;
}
