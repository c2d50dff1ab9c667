import { readRecord } from '../../events/event-record';
import { readState, scopeOfField } from './key-documents';

const AT = Date.UTC(2026, 10, 27);

describe('what the version before wrote', () => {
  it('is read: a key that cools down was called resting', () => {
    expect(readState({ status: 'resting', until: AT })?.state).toEqual({ status: 'cooling_down', until: AT });
    expect(readState({ status: 'cooling_down', until: AT })?.state).toEqual({ status: 'cooling_down', until: AT });
  });

  it('is read: events name the same', () => {
    const event = { provider: 'openai', keyId: 'a', maskedKey: 'sk-1234...cdef', by: 'call' };
    const cooled = { ...event, model: 'gpt-5', until: new Date(AT).toISOString(), outcome: 'rate_limited' };
    expect(readRecord({ id: 1, at: AT, type: 'model_rested', event: cooled })?.entry).toMatchObject({
      type: 'model_cooled_down',
      event: { type: 'model_cooled_down', model: 'gpt-5', until: new Date(AT) },
    });
    const changed = { ...event, from: 'healthy', to: 'resting' };
    expect(readRecord({ id: 2, at: AT, type: 'status_changed', event: changed })?.entry).toMatchObject({
      event: { from: 'healthy', to: 'cooling_down' },
    });
  });

  it('is read: the field of a model’s cooldown', () => {
    expect(scopeOfField('rest:gpt-5')).toEqual({ model: 'gpt-5' });
    expect(scopeOfField('rest@/v1/embeddings')).toEqual({ endpoint: '/v1/embeddings' });
  });
});
