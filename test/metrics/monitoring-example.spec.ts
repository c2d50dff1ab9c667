import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestingModule } from '@nestjs/testing';
import { KeyMetricsService, KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { startKeyManagement } from '../support/key-management-app';
import { parseMetrics, type MetricLine } from './prometheus-text';

const FOLDER = join(__dirname, '../../examples/monitoring');
const ALERTS = join(FOLDER, 'alerts.yml');
const ALERT_TESTS = join(FOLDER, 'alerts.test.yml');
const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool)
  console.warn('promtool is not installed (apt-get install prometheus), so its check of the alerts is skipped.');

/** Every metric that a text of PromQL names, with the labels it is asked for: in braces, and in the `by` before it. */
function mentions(promql: string): { metric: string; labels: Record<string, string | undefined> }[] {
  return [...promql.matchAll(/\b(ai_keys_\w+)(?:\{([^}]*)\})?/g)].map((match) => {
    const matchers = [...(match[2] ?? '').matchAll(/(\w+)(=~?)"([^"]*)"/g)].map(([, label, operator, value]) => [
      label!,
      operator === '=' ? value : undefined,
    ]);
    const by = [...promql.slice(0, match.index).matchAll(/\bby \(([^)]*)\)/g)].at(-1)?.[1]?.split(/,\s*/) ?? [];
    return { metric: match[1]!, labels: Object.fromEntries([...by.map((label) => [label, undefined]), ...matchers]) };
  });
}

describe('examples/monitoring against the real /metrics', () => {
  let app: TestingModule;
  let lines: MetricLine[];
  /** Also those that have no value yet. */
  let known: string[];

  beforeAll(async () => {
    const source = { read: () => Promise.resolve(['sk-SIMULATED-one-key-for-metrics-0001']) };
    const webhook = { url: 'http://127.0.0.1:1/events', secret: 'a secret of a test, in no use' };
    const budgets = [{ usd: 100, per: 'day' as const }];
    app = await startKeyManagement({ providers: { openai: { source, budgets } }, webhook });
    const pool = app.get(KeyPoolService).pool('openai')!;
    const [record] = pool.records();
    pool.leaseForProbe(record!).settle('ok');
    const executor = app.get(RetryExecutorService);
    await executor.execute('openai', () => Promise.resolve('yes'));
    await executor.execute('openai', () => Promise.reject(new Error('no')), { maxRetries: 0 });
    await executor.execute('openai', () => Promise.reject(Object.assign(new Error('no'), { status: 401 })));
    const text = await app.get(KeyMetricsService).text();
    lines = parseMetrics(text);
    known = [...text.matchAll(/^# HELP (\S+) /gm)].map(([, name]) => name!);
  });
  afterAll(() => app.close());

  const expectAll = (promql: string): void => {
    for (const { metric, labels } of mentions(promql)) {
      const found = lines.filter(({ name }) => name === metric);
      expect([metric, found.length > 0]).toEqual([metric, true]);
      for (const [label, value] of Object.entries(labels)) {
        const values = found.map((line) => line.labels[label]);
        expect([metric, label, values.every((each) => each !== undefined)]).toEqual([metric, label, true]);
        if (value !== undefined)
          expect([metric, label, values]).toEqual([metric, label, expect.arrayContaining([value])]);
      }
    }
  };

  it('has every metric and label of the alerts', () => {
    const text = readFileSync(ALERTS, 'utf8');
    expect(text.match(/- alert: /g)).toHaveLength(5);
    const expressions = [...text.matchAll(/expr: (?:\|\n)?([\s\S]*?)\n {8}for:/g)].map(([, expr]) => expr!);
    expect(expressions).toHaveLength(5);
    for (const expression of expressions) {
      expect(mentions(expression).length).toBeGreaterThan(0);
      expectAll(expression);
    }
  });

  it('has every metric and label of the dashboard', () => {
    const dashboard = JSON.parse(readFileSync(join(FOLDER, 'grafana-dashboard.json'), 'utf8'));
    const expressions: string[] = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
      targets.map(({ expr }) => expr),
    );
    expect(expressions.length).toBeGreaterThan(15);
    for (const expression of expressions) {
      expect(mentions(expression).length).toBeGreaterThan(0);
      expectAll(expression);
    }
    for (const { query } of dashboard.templating.list) expectAll(query);
  });

  it('names every metric on its page, and no other', () => {
    const page = readFileSync('docs/http-api.md', 'utf8');
    const named = new Set([...page.matchAll(/`(ai_keys_\w+)`/g)].map(([, name]) => name));
    expect([...named].filter((name) => !name!.startsWith('ai_keys_key_')).sort()).toEqual([...known].sort());
  });

  (promtool ? it : it.skip)('F1-F5: fires in each emergency, and in none when all is well', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', ALERT_TESTS]);
    expect([status, String(stdout), String(stderr)]).toEqual([0, expect.stringContaining('SUCCESS'), '']);
  });

  it('F1-F5: tests the alerts on metrics and labels that the app has', () => {
    const series = [...readFileSync(ALERT_TESTS, 'utf8').matchAll(/series: '([^']*)'/g)].map(([, each]) => each!);
    expect(series.length).toBeGreaterThan(10);
    const ofTheApp = series.map((each) => each.replace(/instance="\w+",? ?/, '').replace('anthropic', 'openai'));
    for (const each of ofTheApp) expectAll(each);
  });

  (promtool ? it : it.skip)('passes promtool check rules', () => {
    const { status, stderr } = spawnSync('promtool', ['check', 'rules', ALERTS]);
    expect([status, String(stderr)]).toEqual([0, '']);
  });
});
