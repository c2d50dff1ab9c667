// Uses what `/testing` exports for tests of apps, as surface.ts does for the main entry.
import type { DynamicModule } from '@nestjs/common';
import * as testing from 'nestjs-ai-key-management/testing';
import type {
  Behaviour,
  CallLog,
  CallRecord,
  Flavour,
  Flood,
  KeyCounters,
  KeyManagementTestingOptions,
  MalformedKind,
  Outage,
  PlainSituation,
  ProviderOverrides,
  RateLimits,
  ScriptedAnswer,
  ScriptedCall,
  ScriptedJson,
  ScriptedOutcome,
  ScriptedRefusal,
  ScriptedStream,
  ScriptedText,
  SimulatedVendor,
  SimulatorOptions,
  StreamErrorKind,
  StreamPoint,
  TestingKey,
  TestingProvider,
} from 'nestjs-ai-key-management/testing';

const spare: TestingKey = { id: 'spare', tier: 1 };
const provider: TestingProvider = { keys: ['first', spare], discoverAccounts: false };
const options: KeyManagementTestingOptions = { providers: { openai: provider, google: { keys: 3 } }, maxRetries: 1 };
export const module: DynamicModule = testing.KeyManagementTestingModule.forRoot(options);
export const override = (builder: ProviderOverrides) => testing.KeyManagementTestingModule.override(builder, options);

export const scripted = (script: testing.VendorScript) => {
  const refused: ScriptedOutcome = 'invalid_key';
  const waits: ScriptedRefusal = { outcome: 'rate_limited', retryAfterMs: 1 };
  const said: ScriptedText = { text: 'Hello' };
  const plain: ScriptedJson = { json: {}, status: 201, headers: { 'x-a': '1' } };
  const stream: ScriptedStream = { stream: [{ a: 1 }, 'data: [DONE]\n\n'] };
  const decides: ScriptedAnswer = (call: ScriptedCall) => (call.stream ? stream : 'ok');
  const all: testing.ProviderScript = script.for('openai').next(refused, waits, said, plain, decides).always('ok');
  const one: testing.KeyScript = all.key('first').probes('ok').next(new Error('no'), new Response(''));
  const unscripted = (error: Error) => error instanceof testing.UnscriptedCallError;
  script.reset();
  return [one.calls, all.pending, script.calls, script.pending, unscripted] as const;
};

export const simulated = async (limits: RateLimits, flood: Flood, flavour: Flavour) => {
  const started: SimulatorOptions = { logLimit: 1, clock: () => 0 };
  const simulator = await testing.VendorSimulator.start(started);
  const situation: PlainSituation = 'overloaded';
  const as: MalformedKind = 'truncated';
  const event: StreamErrorKind = 'overloaded';
  const after: StreamPoint = 'before_content';
  const behaviours: Behaviour[] = [
    { kind: situation },
    { kind: 'rateLimited', ...limits },
    { kind: 'flood', ...flood },
    { kind: 'malformed', as },
    { kind: 'streamError', event },
    { kind: 'stall', after },
  ];
  const outage: Outage = { status: 529 };
  const vendor: SimulatedVendor = simulator.compatible('groq', flavour);
  vendor.outage(outage);
  const keys = vendor.newKeys(2, ...behaviours);
  const calls: CallLog = vendor.calls;
  const last: CallRecord | undefined = calls.last;
  const counts: Readonly<KeyCounters> = calls.totals;
  await simulator.close();
  return [keys, last, counts, simulator.baseUrl('openai'), simulator.origin, simulator.vendor('groq')] as const;
};
