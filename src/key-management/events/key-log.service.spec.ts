import { Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { KeyEvent } from '../pool/key-events';
import type { KeyPoolService } from '../pool/key-pool.service';
import type { KeyStatus } from '../pool/key/key-state';
import { KeyLogService } from './key-log.service';

const change = (from: KeyStatus, to: KeyStatus): KeyEvent => ({
  type: 'status_changed',
  provider: 'openai',
  keyId: '0123456789abcdef',
  maskedKey: 'sk-1234...cdef',
  by: 'probe',
  at: new Date(0),
  from,
  to,
});

describe('KeyLogService', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each<[KeyStatus, KeyStatus, 'warn' | 'log', string]>([
    ['healthy', 'invalid_key', 'warn', 'key removed'],
    ['unchecked', 'quota_exceeded', 'warn', 'key removed'],
    ['quota_exceeded', 'invalid_key', 'warn', 'key removed'],
    ['quota_exceeded', 'quota_exceeded', 'log', 'key still out'],
    ['healthy', 'rate_limited', 'log', 'key cools down'],
    ['healthy', 'disabled', 'log', 'key disabled'],
    ['disabled', 'healthy', 'log', 'key enabled'],
    ['unchecked', 'healthy', 'log', 'key ready'],
    ['invalid_key', 'healthy', 'log', 'key back'],
  ])('%s → %s is a %s: %s', (from, to, level, name) => {
    const said = (['warn', 'log'] as const).map((each) => ({
      each,
      spy: jest.spyOn(Logger.prototype, each).mockImplementation(),
    }));
    const events$ = new Subject<KeyEvent>();
    const service = new KeyLogService({ events$ } as unknown as KeyPoolService);
    events$.next(change(from, to));
    service.onModuleDestroy();
    const lines = said.flatMap(({ each, spy }) => spy.mock.calls.map(([line]) => `${each} ${String(line)}`));
    expect(lines).toEqual([expect.stringContaining(`${level} ${name} provider=openai`)]);
  });
});
