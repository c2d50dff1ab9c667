/** What one scenario injected and observed. A promise that does not hold is a finding, and fails the scenario. */
export class Findings {
  readonly injected: Record<string, number> = {};
  readonly broken: string[] = [];
  readonly #figures = new Map<string, string | number>();

  get seen(): string[] {
    return [...this.#figures].map(([what, value]) => `${what} ${typeof value === 'number' ? rounded(value) : value}`);
  }

  inject(fault: string, count = 1): void {
    this.injected[fault] = (this.injected[fault] ?? 0) + count;
  }

  figure(what: string, value: string | number): void {
    this.#figures.set(what, value);
  }

  promise(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise);
  }

  /** Records a figure that has a limit. The report shows the worst value. */
  atMost(what: string, value: number, limit: number): void {
    this.#figures.set(what, Math.max(value, Number(this.#figures.get(what) ?? -Infinity)));
    this.promise(value <= limit, `${what} was ${rounded(value)}, more than ${rounded(limit)}`);
  }

  atLeast(what: string, value: number, limit: number): void {
    this.#figures.set(what, Math.min(value, Number(this.#figures.get(what) ?? Infinity)));
    this.promise(value >= limit, `${what} was ${rounded(value)}, less than ${rounded(limit)}`);
  }

  equal(what: string, value: unknown, expected: unknown): void {
    const [is, should] = [JSON.stringify(value), JSON.stringify(expected)];
    this.promise(is === should, `${what}: ${is}, not ${should}`);
  }
}

const rounded = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
