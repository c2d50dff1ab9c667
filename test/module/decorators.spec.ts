import { Injectable, Logger, Module, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  InjectManagedFetch,
  KeyManagementModule,
  KeyPoolService,
  OnKeyEvent,
  type KeyEvent,
  type ManagedFetch,
} from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';

const KEY = 'sk-proj-SIMULATED-decorators-0001';

@Injectable()
class Listener {
  readonly heard: string[] = [];
  readonly all: string[] = [];

  @OnKeyEvent('key_removed', 'key_added')
  some({ type }: KeyEvent): void {
    this.heard.push(type);
  }

  @OnKeyEvent()
  every({ type }: KeyEvent): void {
    this.all.push(type);
  }

  @OnKeyEvent('key_added')
  throwing(): never {
    throw new Error('the mail server is away');
  }

  @OnKeyEvent('key_added')
  rejecting(): Promise<void> {
    return Promise.reject(new Error('the chat is away'));
  }
}

@Injectable()
class Client {
  constructor(
    @InjectManagedFetch('openai') readonly openai: ManagedFetch,
    @InjectManagedFetch('acme') readonly acme: ManagedFetch,
  ) {}
}

/** A module of its own, which imports nothing: the key management is global. */
@Module({ providers: [Listener, Client] })
class Feature {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @OnKeyEvent('key_added')
  hear(): void {
    return;
  }
}

const options = { store: { kind: 'memory' as const }, admin: false as const, startupCheckTimeoutMs: 0 };

describe('decorators', () => {
  it('call listeners with what they listen for, and let their errors cost nothing but a line in the log', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    const app = await Test.createTestingModule({ imports: [KeyManagementModule.forRoot(options), Feature] }).compile();
    await app.init();
    const [listener, pools] = [app.get(Listener, { strict: false }), app.get(KeyPoolService)];
    const { id } = pools.ensurePool('openai').add(new ApiKey(KEY), {}, 'runtime', 'administrator');
    pools.ensurePool('openai').leaseForProbe(pools.ensurePool('openai').record(id)!).settle('ok');
    await pools.disable('openai', id);
    await pools.enable('openai', id);
    await new Promise(setImmediate);
    expect(listener.heard).toEqual(['key_added', 'status_changed']);
    expect(listener.all).toEqual(expect.arrayContaining(['key_added', 'status_changed', 'status_changed']));
    const lines = errors.mock.calls.map(([line]) => String(line)).join('\n');
    expect(lines).toMatch(/Listener\.throwing.*the mail server is away/);
    expect(lines).toMatch(/Listener\.rejecting.*the chat is away/);
    errors.mockRestore();
    await app.close();
  });

  it('inject the managed fetch of any provider', async () => {
    const app = await Test.createTestingModule({ imports: [KeyManagementModule.forRoot(options), Feature] }).compile();
    const { openai, acme } = app.get(Client, { strict: false });
    expect([typeof openai, typeof acme]).toEqual(['function', 'function']);
    await expect(acme('https://api.acme.test/v1/models')).rejects.toThrow(/acme/);
    await app.close();
  });

  it('refuse a listener that is made anew for each request', async () => {
    const app = await Test.createTestingModule({
      imports: [KeyManagementModule.forRoot(options)],
      providers: [PerRequest],
    }).compile();
    await expect(app.init()).rejects.toThrow(/@OnKeyEvent stands on PerRequest\.hear.*default scope/);
    await app.close().catch(() => undefined);
  });
});
