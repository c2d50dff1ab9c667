import { Store } from './store';

export type Theme = 'auto' | 'light' | 'dark';

const THEME_KEY = 'key-pools:theme';
const THEMES: readonly string[] = ['auto', 'light', 'dark'];

function savedTheme(): Theme {
  try {
    const saved = localStorage.getItem(THEME_KEY) ?? '';
    return THEMES.includes(saved) ? (saved as Theme) : 'auto';
  } catch {
    return 'auto';
  }
}

export const theme = new Store<Theme>(savedTheme());

/** Charts are drawn with the colours of the moment, so they must know when those change. */
export const paintedTheme = new Store<'light' | 'dark'>('light');

const systemDark = matchMedia('(prefers-color-scheme: dark)');

function paint(): void {
  const { value } = theme;
  if (value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
  paintedTheme.set(value === 'dark' || (value === 'auto' && systemDark.matches) ? 'dark' : 'light');
}

systemDark.addEventListener('change', paint);
theme.subscribe(() => {
  paint();
  try {
    localStorage.setItem(THEME_KEY, theme.value);
  } catch {
    // Storage may be switched off; the choice then lasts as long as the page.
  }
});
paint();
