import { webhookSigningKey } from '../configuration/webhook-options';
import type { KeyEvent, RunsOutEvent } from '../pool/key-events';
import type { KeyStatus } from '../pool/key/key-state';
import { bodyOf, groupOf, identityOf, lockOf, messageId, nameIn, REPEAT_MS, signedHeaders } from './webhook-message';

const AT = new Date('2026-11-01T12:00:00Z');
const key = { provider: 'openai', keyId: '0123456789abcdef', maskedKey: 'sk-1234...cdef', by: 'call', at: AT } as const;
const changed = (to: KeyStatus, subject: { provider?: string; keyId?: string } = {}): KeyEvent => {
  const change = { type: 'status_changed', from: 'healthy', to, reason: 'no such key' } as const;
  return { ...key, ...subject, ...change };
};
const removed = changed('invalid_key');
const runsOut: RunsOutEvent = {
  ...key,
  type: 'runs_out',
  hours: 24,
  unit: 'usd',
  left: 3.5,
  runsOutAt: new Date('2026-11-02T08:00:00Z'),
  reason: 'Soon.',
};
const failing = (at: Date, reason: string): KeyEvent => ({
  ...{ type: 'provider_failing', provider: 'openai', at, by: 'call', state: 'failing', reason },
});

describe('the messages of the webhook', () => {
  it('are signed as Standard Webhooks has it (the example of its specification)', () => {
    const signingKey = webhookSigningKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    expect(signedHeaders(id, '{"test": 2432232314}', signingKey, 1_614_265_330_999)).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('take a secret that is no base64 as it is', () => {
    expect(webhookSigningKey('a plain passphrase').toString()).toBe('a plain passphrase');
  });

  it('say what happened in snake_case', () => {
    expect(JSON.parse(bodyOf(removed, 'key_removed'))).toEqual({
      type: 'key_removed',
      timestamp: '2026-11-01T12:00:00.000Z',
      data: {
        provider: 'openai',
        key_id: '0123456789abcdef',
        masked_key: 'sk-1234...cdef',
        by: 'call',
        from: 'healthy',
        to: 'invalid_key',
        reason: 'no such key',
      },
    });
    expect(JSON.parse(bodyOf(runsOut, 'runs_out'))).toMatchObject({
      data: { hours: 24, unit: 'usd', left: 3.5, runs_out_at: '2026-11-02T08:00:00.000Z' },
    });
  });

  it('name a removal as it was asked for', () => {
    expect(nameIn(removed, ['key_removed', 'status_changed'])).toBe('key_removed');
    expect(nameIn(removed, ['status_changed'])).toBe('status_changed');
    expect(nameIn(changed('healthy'), ['key_removed'])).toBe('status_changed');
  });

  it('are the same for all instances, whatever each of them says of the reason', () => {
    const [one, two] = [failing(AT, 'nine of ten'), failing(new Date(AT.getTime() + 5_000), 'three of four')];
    expect(identityOf(one)).toBe(identityOf(two));
    const [at, later] = [one.at.getTime(), two.at.getTime()];
    expect(messageId('app', identityOf(one), at)).toBe(messageId('app', identityOf(two), later));
    expect(messageId('app', identityOf(one), at)).not.toBe(messageId('another app', identityOf(one), at));
    expect(messageId('app', identityOf(one), at)).not.toBe(messageId('app', identityOf(one), at + REPEAT_MS));
    expect(messageId('app', identityOf(one), at)).toMatch(/^msg_[\w-]{27}$/);
    expect(lockOf(identityOf(one))).toMatch(/^webhook-[\w-]{24}$/);
  });

  it('differ by key, provider, new status and threshold', () => {
    const events: KeyEvent[] = [
      removed,
      changed('invalid_key', { keyId: 'another' }),
      changed('invalid_key', { provider: 'acme' }),
      changed('quota_exceeded'),
      runsOut,
      { ...runsOut, hours: 2 },
      { ...runsOut, unit: 'tokens' },
      { ...runsOut, account: 'org-1' },
      failing(AT, ''),
    ];
    expect(new Set(events.map(identityOf)).size).toBe(events.length);
    expect(identityOf({ ...runsOut, left: 1, runsOutAt: AT })).toBe(identityOf(runsOut));
  });

  it('of one group are those that take each other back', () => {
    const group = (event: KeyEvent) => groupOf(event, identityOf(event));
    const recovered = { ...failing(AT, ''), type: 'provider_recovered', since: AT } as KeyEvent;
    expect(group(recovered)).toBe(group(failing(AT, '')));
    expect(group(changed('healthy'))).toBe(group(removed));
    expect(group({ ...runsOut, hours: 2 })).not.toBe(group(runsOut));
  });
});
