import { Store } from './store';

export interface Toast {
  id: number;
  tone: 'good' | 'bad' | 'neutral';
  text: string;
}

const SHOWN_MS = { good: 5_000, neutral: 5_000, bad: 12_000 };

export const toasts = new Store<readonly Toast[]>([]);
let lastId = 0;

export function toast(tone: Toast['tone'], text: string): void {
  lastId += 1;
  const id = lastId;
  toasts.set([...toasts.value.slice(-3), { id, tone, text }]);
  setTimeout(() => dismiss(id), SHOWN_MS[tone]);
}

export const dismiss = (id: number): void => toasts.set(toasts.value.filter((each) => each.id !== id));
