import type { AddressInfo } from 'node:net';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import {
  HEALTH_CHECK_JOB,
  KeyManagementModule,
  KeyManagerService,
  KeyPoolService,
  RetryExecutorService,
} from '../../../src/key-management';
import { keyIdOf } from '../../../src/key-management/pool/key/api-key';
import { SseClient } from '../../events/sse-client';
import { allGood, endsInTime, lateMs } from '../harness/promises';
import type { Findings } from '../harness/findings';
import { StagedApp, type Stage } from '../harness/stage';
import { setClock } from '../harness/set-clock';
import type { Scenario } from '../harness/scenario';
import { pause, until } from '../harness/until';

const HOUR = 3_600_000;
const TOKEN = 'viewer-token-for-chaos-0001';
const COOLDOWN_MS = 4_000;

/** The machine's clock is set while calls wait, keys cool down, calls back off and hang; then it is set again, and set right. */
function setBy(jumps: readonly number[], more: Partial<Scenario> = {}): Scenario {
  return {
    ...more,
    promised:
      'nothing is stuck for an hour and nothing ends at once: calls end in time, no cooldown or re-check is shortened by more than a tenth, checks and live stream go on, no figure is negative, no key and no count is lost',
    async run(stage, findings) {
      const { openai } = await stage.simulator();
      stage.onEnd(() => setClock(0));
      const [limited, dying, ...good] = openai.newKeys(6) as [string, string, ...string[]];
      const http = await listening(stage, [limited, dying, ...good], openai.baseUrl);
      const app = new StagedApp(http, openai.baseUrl);
      stage.apps.push(app);
      const { port } = http.getHttpServer().address() as AddressInfo;
      const headers = { authorization: `Bearer ${TOKEN}` };
      const live = await SseClient.open(`http://127.0.0.1:${port}/admin/events/stream`, headers);
      stage.onEnd(() => live.close());

      openai.key(limited, { kind: 'alwaysRateLimited', retryAfterMs: COOLDOWN_MS });
      openai.key(dying, { kind: 'invalid' });
      const calls = app.calls({ timeoutMs: 6_000, maxRetries: 6 });
      const asked = (): Promise<number> =>
        openai.calls.waitFor((log) => log.forKey(limited).total > 0, 60_000).then(() => performance.now());
      const refused = asked();
      await calls.make(30, 6);
      const coolsDownFrom = await refused;
      openai.key(limited);
      openai.key(dying);
      openai.calls.reset();
      const cooldownOver = asked();

      const load = calls.flow(stage.scaled(7_000, 45_000), 20);
      const stuck = Promise.all(Array.from({ length: 8 }, () => neverEnding(http)));
      for (const jump of jumps) {
        await pause(900);
        setClock(jump);
        findings.inject(`clock set ${jump / HOUR} h off`);
      }
      await checksGoOn(findings, http);
      const stuckMs = await stuck;
      findings.atMost('slowest of the calls without an end, ms (limit 3000)', Math.max(...stuckMs), 3_600 + lateMs());
      findings.atLeast('quickest of them, ms', Math.min(...stuckMs), 2_600);
      const cooledDownMs = (await cooldownOver) - coolsDownFrom;
      findings.atLeast('rest of 4 s, ms', cooledDownMs, COOLDOWN_MS * 0.9 - 300);
      findings.promise(
        cooledDownMs < COOLDOWN_MS + 3_000 + lateMs(),
        `a rest of ${COOLDOWN_MS} ms took ${Math.round(cooledDownMs)}`,
      );
      await load;
      allGood(findings, calls);
      endsInTime(findings, calls, 6_000);
      if (!stage.isShort) await comesBack(findings, app, keyIdOf(dying), coolsDownFrom);
      await tellsOn(findings, app, live, keyIdOf(good[0]!));
      soundFigures(findings, http);
    },
  };
}

export const setBack = setBy([-HOUR]);
export const setForward = setBy([HOUR], { longOnly: true });
export const setToAndFro = setBy([HOUR, -HOUR, HOUR / 2, 0]);

async function listening(stage: Stage, keys: string[], baseUrl: string): Promise<INestApplication> {
  const module = await Test.createTestingModule({
    imports: [
      ScheduleModule.forRoot(),
      KeyManagementModule.forRoot({
        store: { kind: 'memory' },
        viewerToken: TOKEN,
        adminToken: `${TOKEN}-admin`,
        providers: { openai: { keys, baseUrl } },
      }),
    ],
  }).compile();
  const http = module.createNestApplication({ logger: false });
  await http.listen(0, '127.0.0.1');
  stage.onEnd(() => http.close());
  return http;
}

/** Milliseconds until a call ends to which the vendor never answers. */
async function neverEnding(http: INestApplication): Promise<number> {
  const startedAt = performance.now();
  await http.get(RetryExecutorService).execute('openai', () => new Promise(() => undefined), { timeoutMs: 3_000 });
  return performance.now() - startedAt;
}

async function checksGoOn(findings: Findings, http: INestApplication): Promise<void> {
  const job = http.get(SchedulerRegistry).getCronJob(HEALTH_CHECK_JOB);
  const before = job.lastDate();
  const ms = await until(() => job.lastDate() !== before, 60_000);
  findings.atMost('next check after, ms', ms ?? Infinity, 6_500 + lateMs());
}

async function comesBack(findings: Findings, { pool }: StagedApp, id: string, from: number): Promise<void> {
  const back = await until(() => pool.get('openai', id)?.status === 'healthy', 60_000);
  findings.promise(back !== undefined, 'a removed key was not checked again');
  findings.figure('removed key seen back by, ms', performance.now() - from);
}

async function tellsOn(findings: Findings, { pool }: StagedApp, live: SseClient, id: string): Promise<void> {
  await pool.disable('openai', id);
  const told = await until(() => live.of('key').some(({ data }) => data.key_id === id), 30_000);
  findings.promise(told !== undefined && !live.closed, 'the live stream did not tell of a change');
}

/** No figure of time is negative or an hour long. */
function soundFigures(findings: Findings, http: INestApplication): void {
  const keys = http.get(KeyPoolService).list('openai');
  const times = keys.flatMap(({ responseTimeMs }) => responseTimeMs ?? []);
  const { summary, timeline } = http.get(KeyManagerService).getProviderAnalytics('openai');
  const figures = [...times, ...Object.values(summary), ...timeline.flatMap((entry) => Object.values(entry))];
  const odd = figures.filter((value) => typeof value === 'number' && (value < 0 || Number.isNaN(value)));
  findings.equal('negative figures', odd, []);
  findings.promise(
    times.every((ms) => ms < 10_000),
    `response times: ${times.join(', ')}`,
  );
  const booked = timeline.reduce((sum, { requests }) => sum + requests, 0);
  findings.equal('requests in the timeline', booked, summary.requests);
  findings.equal('keys', keys.length, 6);
}
