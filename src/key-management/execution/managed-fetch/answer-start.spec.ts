import { BodySource } from '../../common/body-source';
import { FakeClock } from '../../../../test/support/fake-clock';
import { TimeLimits } from '../waiting/time-limits';
import { HandOnTimer, SilenceLimit, wholeJson } from './answer-start';

const IDLE_MS = 60_000;
const HOLD_BACK_MS = 2_000;

/** A JSON body that comes chunk by chunk, and is read whole. */
class Reading {
  readonly clock = new FakeClock();
  readonly #limits = new TimeLimits(this.clock);
  readonly #timer = new HandOnTimer(this.clock);
  readonly #silence: SilenceLimit;
  /** What the body came to, once it has come. */
  end: unknown;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor(idleTimeoutMs = IDLE_MS) {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#controller = controller) });
    const source = new BodySource(body);
    this.#silence = new SilenceLimit(source, idleTimeoutMs, { clock: this.clock, limits: this.#limits });
    const held = { source, silence: this.#silence, timer: this.#timer, onFirst: undefined };
    void wholeJson(held, HOLD_BACK_MS).then(
      (whole) => (this.end = whole?.toString() ?? 'handed on'),
      (error: unknown) => (this.end = (error as Error).name),
    );
  }

  async come(text: string): Promise<void> {
    this.#controller.enqueue(Buffer.from(text));
    await this.clock.advance(0);
  }

  async close(): Promise<void> {
    this.#controller.close();
    await this.clock.advance(0);
  }

  over(): void {
    this.#silence.cancel();
    this.#timer.cancel();
  }
}

describe('a JSON body that is read whole', () => {
  it('may take longer than the vendor may be silent', async () => {
    const reading = new Reading();
    for (const text of ['{"a"', ':', '1', '}']) {
      await reading.clock.advance(IDLE_MS * 0.8);
      await reading.come(text);
    }
    expect(reading.end).toBeUndefined();
    await reading.close();
    expect(reading.end).toBe('{"a":1}');
  });

  it('fails when the vendor is silent for too long, also after a part of it', async () => {
    const reading = new Reading();
    await reading.clock.advance(IDLE_MS * 0.9);
    await reading.come('{"a":1}');
    await reading.clock.advance(IDLE_MS * 0.9);
    expect(reading.end).toBeUndefined();
    await reading.clock.advance(IDLE_MS * 0.2);
    expect(reading.end).toBe('TimeoutError');
  });

  it('is waited for where silence has no limit', async () => {
    const reading = new Reading(Infinity);
    await reading.clock.advance(1_000 * IDLE_MS);
    await reading.come('{}');
    await reading.close();
    expect(reading.end).toBe('{}');
  });

  it('is handed on when nothing but blanks has come for the time that it may be held back', async () => {
    const reading = new Reading();
    await reading.come(' ');
    await reading.clock.advance(HOLD_BACK_MS - 1);
    await reading.come('\n');
    expect(reading.end).toBeUndefined();
    await reading.clock.advance(1);
    expect(reading.end).toBe('handed on');
  });

  it('leaves no timer behind', async () => {
    const reading = new Reading();
    await reading.come(' ');
    await reading.come('{}');
    await reading.close();
    reading.over();
    await reading.clock.advance(2 * IDLE_MS);
    expect(reading.end).toBe(' {}');
    expect(reading.clock.pendingTimers).toBe(0);
  });
});
