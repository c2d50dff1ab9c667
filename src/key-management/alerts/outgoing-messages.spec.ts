import { FakeClock } from '../../../test/support/fake-clock';
import type { Answer } from './delivery';
import { OutgoingMessages, type OutgoingMessage } from './outgoing-messages';

const MINUTE_MS = 60_000;

/** What the receiver answers, one after the other; the last for ever. */
function stage(...answers: (Answer | 'hangs')[]) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const said: string[] = [];
  const send = ({ id }: OutgoingMessage): Promise<Answer> => {
    sent.push(id);
    const answer = (answers.length > 1 ? answers.shift() : answers[0])!;
    return answer === 'hangs' ? new Promise(() => undefined) : Promise.resolve(answer);
  };
  const listener = {
    failing: (why: string) => void said.push(`failing: ${why}`),
    recovered: (lost: number) => void said.push(`recovered, ${lost} lost`),
  };
  const messages = new OutgoingMessages(send, listener, clock, () => 0.5);
  const push = (...ids: string[]): void => ids.forEach((id) => messages.push({ id, body: '{}' }));
  return { clock, sent, said, messages, push };
}

describe('OutgoingMessages', () => {
  it('sends in the order in which messages came', async () => {
    const { clock, sent, messages, push } = stage({ status: 204 });
    push('a', 'b', 'c');
    await clock.advance(0);
    expect(sent).toEqual(['a', 'b', 'c']);
    expect(messages.counts).toMatchObject({ sent: 3, failed: 0, dropped: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends again what was not taken, and says once that the receiver fails and once that it does so no more', async () => {
    const { clock, sent, said, messages, push } = stage(
      { status: 500 },
      { failed: 'no' },
      { status: 503 },
      { status: 200 },
    );
    push('a');
    await clock.advance(0);
    expect([sent.length, messages.length]).toEqual([1, 1]);
    await clock.advance(1_499);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent).toHaveLength(2);
    await clock.advance(3_000 + 6_000);
    expect(sent).toEqual(['a', 'a', 'a', 'a']);
    expect(said).toEqual(['failing: the receiver answered 500', 'recovered, 0 lost']);
    expect(messages.counts).toMatchObject({ sent: 1, failed: 0 });
  });

  it('lets other messages pass one that is refused for now', async () => {
    const { clock, sent, messages, push } = stage({ status: 500 }, { status: 200 });
    push('a', 'b');
    await clock.advance(0);
    expect(sent).toEqual(['a', 'b']);
    await clock.advance(1_500);
    expect(sent).toEqual(['a', 'b', 'a']);
    expect(messages.counts.sent).toBe(2);
  });

  it('gives up what is refused for good at once, and everything after an hour', async () => {
    const { clock, sent, said, messages, push } = stage({ status: 400 }, { status: 500 });
    push('a');
    await clock.advance(0);
    expect([sent.length, messages.length, messages.counts.failed]).toEqual([1, 0, 1]);
    push('b');
    await clock.advance(70 * MINUTE_MS);
    expect([messages.length, messages.counts.failed]).toEqual([0, 2]);
    // 2 s doubling to 5 minutes.
    expect(sent.filter((id) => id === 'b').length).toBeGreaterThan(15);
    expect(sent.filter((id) => id === 'b').length).toBeLessThan(35);
    expect(said).toEqual(['failing: the receiver answered 400']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps a thousand, drops the oldest, and counts them', async () => {
    const { clock, sent, messages, push } = stage('hangs');
    push(...Array.from({ length: 1_003 }, (_, n) => `m${n}`));
    await clock.advance(0);
    expect([messages.length, messages.counts.dropped]).toEqual([1_000, 3]);
    expect(sent).toEqual(['m0']);
  });

  it('at the end gives each message one more try, which is the last', async () => {
    const { clock, sent, messages, push } = stage({ status: 500 });
    push('a', 'b');
    await clock.advance(0);
    const closed = messages.close(10_000);
    await clock.advance(0);
    expect(await closed).toBe(2);
    expect(sent).toEqual(['a', 'b', 'a', 'b']);
    push('c');
    await clock.advance(MINUTE_MS);
    expect(sent).toHaveLength(4);
    expect(messages.counts).toMatchObject({ failed: 2, dropped: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('at the end waits for a receiver that hangs no longer than the limit', async () => {
    const { clock, messages, push } = stage('hangs');
    push('a', 'b');
    let lost: number | undefined;
    void messages.close(10_000).then((count) => (lost = count));
    await clock.advance(9_999);
    expect(lost).toBeUndefined();
    await clock.advance(1);
    expect(lost).toBe(2);
  });
});
