import { useEffect, useReducer, useRef } from 'preact/hooks';

/** A value that is replaced, never changed, and those who want to know. */
export class Store<T> {
  readonly #listeners = new Set<() => void>();
  #value: T;

  constructor(initial: T) {
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  patch(changes: Partial<T>): void {
    this.set({ ...this.#value, ...changes });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Renders anew when what is selected changes. */
export function useStore<T, S = T>(store: Store<T>, select: (value: T) => S = (value) => value as unknown as S): S {
  const [, rerender] = useReducer((count: number) => count + 1, 0);
  const selected = select(store.value);
  const latest = useRef(select);
  latest.current = select;
  useEffect(() => {
    let last = selected;
    const check = (): void => {
      const next = latest.current(store.value);
      if (Object.is(next, last)) return;
      last = next;
      rerender(undefined);
    };
    // It may have changed between the render and this effect.
    check();
    return store.subscribe(check);
  }, [store, selected]);
  return selected;
}
