import {
  Injectable,
  Module,
  Scope,
  type DynamicModule,
  type INestApplicationContext,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import {
  BaseHealthChecker,
  HEALTH_CHECK_JOB,
  HealthChecker,
  HealthCheckerRegistry,
  KeyManagementModule,
  KeyManagerService,
  KeyPoolService,
  RESOLVED_OPTIONS,
  RetryExecutorService,
  type Classification,
  type HealthResult,
  type KeyManagementOptions,
  type KeyManagementOptionsFactory,
  type ResolvedOptions,
} from '../../src/key-management';
import { keyText } from '../support/key-text';

const OPTIONS: KeyManagementOptions = { maxRetries: 5, store: { kind: 'memory' } };

class Log implements LoggerService {
  readonly lines: string[] = [];
  log = (line: string) => void this.lines.push(`log ${line}`);
  warn = (line: string) => void this.lines.push(`warn ${line}`);
  error = (line: string) => void this.lines.push(`error ${line}`);
}

const open: INestApplicationContext[] = [];
afterEach(() => Promise.all(open.splice(0).map((app) => app.close())));

async function start(imports: (DynamicModule | Type)[], providers: Type[] = [], logger = new Log()) {
  @Module({ imports, providers })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger, abortOnError: false });
  open.push(app);
  return { app, logger };
}

const retriesIn = (app: INestApplicationContext): number =>
  app.get<ResolvedOptions>(RESOLVED_OPTIONS, { strict: false }).maxRetries;

describe('KeyManagementModule.forRoot', () => {
  it('gives what it exports to every module of the app', async () => {
    @Injectable()
    class Consumer {
      constructor(
        readonly executor: RetryExecutorService,
        readonly manager: KeyManagerService,
        readonly pools: KeyPoolService,
        readonly registry: HealthCheckerRegistry,
      ) {}
    }
    @Module({ providers: [Consumer] })
    class Feature {}
    const { app } = await start([KeyManagementModule.forRoot({ ...OPTIONS, admin: false }), Feature]);
    const consumer = app.get(Consumer, { strict: false });
    expect(Object.values(consumer)).not.toContain(undefined);
    expect(consumer.registry.providers()).toEqual(['openai', 'anthropic', 'google']);
    expect(retriesIn(app)).toBe(5);
  });

  it('keeps it to its importers with isGlobal: false', async () => {
    @Injectable()
    class Consumer {
      constructor(readonly executor: RetryExecutorService) {}
    }
    @Module({ providers: [Consumer] })
    class Feature {}
    const module = KeyManagementModule.forRoot({ ...OPTIONS, admin: false, isGlobal: false });
    await expect(start([module, Feature])).rejects.toThrow(/dependencies of the Consumer/);
    @Module({ imports: [module], providers: [Consumer] })
    class Importer {}
    await expect(start([Importer])).resolves.toBeDefined();
  });

  it('with nothing reads the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { MAX_RETRIES: '9', KEY_STORE: 'memory' });
    try {
      const { app } = await start([KeyManagementModule.forRoot()]);
      expect(retriesIn(app)).toBe(9);
    } finally {
      process.env = before;
    }
  });

  it('stops the start at wrong options, says which and the mend, and shows no value', async () => {
    const wrong = { maxRetries: -1, adminToken: 'SECRET', store: { kind: 'memory' } } as const;
    await expect(start([KeyManagementModule.forRoot(wrong)])).rejects.toThrow(
      /maxRetries: must be 0 or more\.[\s\S]*adminToken: must have at least 16 characters/,
    );
    await expect(start([KeyManagementModule.forRoot(wrong)])).rejects.not.toThrow(/SECRET/);
  });
});

describe('KeyManagementModule.forRootAsync', () => {
  const VALUE = 'VALUE';
  @Module({ providers: [{ provide: VALUE, useValue: 6 }], exports: [VALUE] })
  class Values {}

  @Injectable()
  class Factory implements KeyManagementOptionsFactory {
    createKeyManagementOptions() {
      return Promise.resolve({ ...OPTIONS, maxRetries: 7 });
    }
  }
  @Module({ providers: [Factory], exports: [Factory] })
  class Factories {}

  it.each<[string, () => DynamicModule, number]>([
    [
      'useFactory with imports and inject',
      () =>
        KeyManagementModule.forRootAsync({
          imports: [Values],
          inject: [VALUE],
          useFactory: async (maxRetries: number) => Promise.resolve({ ...OPTIONS, maxRetries }),
          admin: false,
        }),
      6,
    ],
    ['useClass', () => KeyManagementModule.forRootAsync({ useClass: Factory, admin: false }), 7],
    [
      'useExisting',
      () => KeyManagementModule.forRootAsync({ imports: [Factories], useExisting: Factory, admin: false }),
      7,
    ],
  ])('takes its options by %s', async (_, module, maxRetries) => {
    const { app } = await start([module()]);
    expect(retriesIn(app)).toBe(maxRetries);
  });

  it('stops the start when the factory gives wrong options, or what belongs beside it', async () => {
    const wrong = KeyManagementModule.forRootAsync({
      useFactory: () => ({ healthCheckIntervalMinutes: 0 }),
      admin: false,
    });
    await expect(start([wrong])).rejects.toThrow(/healthCheckIntervalMinutes: must be 0\.05 minutes/);
    const misplaced = KeyManagementModule.forRootAsync({
      useFactory: () => ({ isGlobal: false }) as never,
      admin: false,
    });
    await expect(start([misplaced])).rejects.toThrow(/options: has no setting named "isGlobal"/);
  });
});

describe('a second import', () => {
  const module = (options = {}) => KeyManagementModule.forRoot({ ...OPTIONS, admin: false, ...options });
  @Module({ imports: [module()] })
  class Feature {}
  @Module({ imports: [KeyManagementModule] })
  class Bare {}

  it.each<[string, () => (DynamicModule | Type)[], RegExp]>([
    ['of forRoot', () => [module(), Feature], /imported 2 times in this app \(by App and Feature\)\. Import it once/],
    [
      'of forRootAsync',
      () => [module(), KeyManagementModule.forRootAsync({ useFactory: () => OPTIONS, admin: false })],
      /imported 2 times in this app \(by App\)/,
    ],
    ['of the bare class', () => [module(), Bare], /imported 2 times in this app \(by App and Bare\)/],
    ['by the bare class alone', () => [Bare], /imported without its options.*KeyManagementModule\.forRoot\(\)/],
  ])('E4: %s stops the start and says what to do', async (_, imports, message) => {
    await expect(start(imports())).rejects.toThrow(message);
  });

  it('E4: of another copy of the package is known as one', async () => {
    @Module({})
    class KeyManagementModuleOfAnotherCopy {}
    Reflect.set(KeyManagementModuleOfAnotherCopy, Symbol.for('nestjs-ai-key-management:module'), true);
    await expect(start([module(), KeyManagementModuleOfAnotherCopy])).rejects.toThrow(/Two copies of the package/);
  });

  it('E4: is none where one definition is named twice, or another app has its own', async () => {
    const one = module();
    @Module({ imports: [one] })
    class Sharing {}
    await expect(start([one, Sharing])).resolves.toBeDefined();
    await expect(start([module()])).resolves.toBeDefined();
  });

  it.each([{}, { useFactory: 7 }, { useFactory: () => OPTIONS, useClass: Feature }, undefined, null])(
    'E4: forRootAsync(%p) is refused by name',
    (given) => {
      expect(() => KeyManagementModule.forRootAsync(given as never)).toThrow(/KeyManagementModule\.forRootAsync: /);
    },
  );
});

describe('what the start warns of', () => {
  const warned = async (options: KeyManagementOptions) => {
    const { logger } = await start([KeyManagementModule.forRoot({ ...OPTIONS, admin: false, ...options })]);
    return logger.lines.filter((line) => line.startsWith('warn'));
  };

  it('E5: no keys at all', async () => {
    expect(await warned({})).toEqual([expect.stringMatching(/^warn No provider has a key.*OPENAI_API_KEYS, /)]);
  });

  it('E5: a provider nearly named as a known one, and none that is just unknown', async () => {
    const keys = [keyText(1)];
    expect(await warned({ providers: { opneai: { keys }, acme: { keys }, Claude: { keys } } })).toEqual([
      expect.stringMatching(/^warn providers\.opneai: no vendor of that name is known.*Did you mean "openai"\?/),
      expect.stringMatching(/^warn providers\.Claude: no vendor of that name is known.*Did you mean "anthropic"\?/),
    ]);
  });
});

describe('the scheduler', () => {
  const module = () => KeyManagementModule.forRoot({ ...OPTIONS, admin: false });
  const byTimer = ({ lines }: Log): boolean => lines.some((line) => /^log Health checks run on a timer of/.test(line));
  const byCron = ({ lines }: Log): boolean =>
    lines.some((line) => /^log Health checks run as the @Cron job/.test(line));

  it('E1: may be missing: the start’s log says that a timer of the module’s own runs the checks', async () => {
    const { logger } = await start([module()]);
    expect([byTimer(logger), byCron(logger)]).toEqual([true, false]);
    expect(logger.lines.filter((line) => /^warn .*[Ss]chedul/.test(line))).toEqual([]);
  });

  it.each<[string, () => DynamicModule[]]>([
    ['before', () => [ScheduleModule.forRoot(), module()]],
    ['after', () => [module(), ScheduleModule.forRoot()]],
  ])('imported %s has the job, once, under its name', async (_, imports) => {
    const { app, logger } = await start(imports());
    expect([byTimer(logger), byCron(logger)]).toEqual([false, true]);
    const jobs = app.get(SchedulerRegistry, { strict: false }).getCronJobs();
    expect([...jobs.keys()]).toEqual([HEALTH_CHECK_JOB]);
    expect(jobs.get(HEALTH_CHECK_JOB)!.cronTime.source).toBe('*/3 * * * * *');
  });
});

describe('health checkers of the user’s own', () => {
  abstract class Plain extends BaseHealthChecker {
    checkHealth(): Promise<HealthResult> {
      return Promise.resolve({ outcome: 'ok' });
    }
    classifyError(): Classification {
      return { outcome: 'unknown' };
    }
  }
  const module = () => KeyManagementModule.forRoot({ ...OPTIONS, admin: false });

  it('are found in any module', async () => {
    @HealthChecker('mine')
    class Mine extends Plain {}
    @Module({ providers: [Mine] })
    class Feature {}
    const { app } = await start([module(), Feature]);
    const registry = app.get(HealthCheckerRegistry, { strict: false });
    expect(registry.providers()).toEqual(['openai', 'anthropic', 'google', 'mine']);
    expect(registry.get('mine')).toBeInstanceOf(Mine);
    expect(() => registry.get('other')).toThrow(/no provider "other"/);
  });

  it('take the place of a built-in one, which is logged', async () => {
    @HealthChecker('openai')
    class Mine extends Plain {}
    const { app, logger } = await start([module()], [Mine]);
    expect(app.get(HealthCheckerRegistry, { strict: false }).get('openai')).toBeInstanceOf(Mine);
    expect(logger.lines).toContain('log Mine takes the place of the built-in checker of openai.');
  });

  it('may be added and replaced in code', async () => {
    const { app } = await start([module()]);
    const registry = app.get(HealthCheckerRegistry, { strict: false });
    class Mine extends Plain {}
    const mine = new Mine();
    registry.addChecker('openai', mine);
    registry.addChecker('new', mine);
    expect([registry.get('openai'), registry.get('new')]).toEqual([mine, mine]);
    expect(registry.has('new')).toBe(true);
  });

  it('stop the start when their class is another', async () => {
    @HealthChecker('mine')
    class Wrong {}
    await expect(start([module()], [Wrong])).rejects.toThrow(
      "@HealthChecker('mine') stands on Wrong, which does not extend BaseHealthChecker.",
    );
  });

  it('stop the start when there are two for one vendor', async () => {
    @HealthChecker('mine')
    class One extends Plain {}
    @HealthChecker('mine')
    class Two extends Plain {}
    await expect(start([module()], [One, Two])).rejects.toThrow(
      'Two health checkers are marked for "mine": One and Two. Keep one.',
    );
  });

  it('stop the start when they are made anew for each request', async () => {
    @HealthChecker('mine')
    class PerRequest extends Plain {}
    Injectable({ scope: Scope.REQUEST })(PerRequest);
    await expect(start([module()], [PerRequest])).rejects.toThrow(/PerRequest, which is made anew for each request/);
  });
});
