import { line, paint } from './print';

/** What the demo promises, and whether it was true. */
export class Promises {
  readonly #broken: string[] = [];
  #kept = 0;

  expect(sentence: string, cameTrue: boolean): void {
    if (cameTrue) {
      this.#kept += 1;
      line(`   ${paint('green', '✓')} ${sentence}`);
      return;
    }
    this.#broken.push(sentence);
    line(`   ${paint('red', '✗')} ${sentence}`);
  }

  /** Prints the result of the demo; true if all promises were true. */
  conclude(): boolean {
    line();
    if (this.#broken.length === 0) {
      line(paint('green', `All ${this.#kept} promises kept.`));
      return true;
    }
    line(paint('red', `${this.#broken.length} of ${this.#kept + this.#broken.length} promises broken:`));
    for (const sentence of this.#broken) line(paint('red', `  ✗ ${sentence}`));
    return false;
  }
}
