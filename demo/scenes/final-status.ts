import { VENDORS } from '../cast';
import { line, table } from '../print';
import type { Stage } from '../stage';

export const title = 'The final status';

export function play(stage: Stage): void {
  const { promises, manager, recording, made } = stage;
  const status = manager.getComprehensiveStatus();
  recording.note(JSON.stringify(status));
  const rows = VENDORS.map((vendor) => {
    const pool = status.key_pools.providers[vendor];
    const analytics = manager.getProviderAnalytics(vendor);
    recording.note(JSON.stringify(analytics));
    const { requests, failures, retries, average_response_time: time } = analytics.summary;
    const seconds = time === null ? '' : time.toFixed(3);
    return [vendor, pool?.total_keys, pool?.healthy_keys, pool?.removed_keys, requests, failures, retries, seconds].map(
      String,
    );
  });
  table(['vendor', 'keys', 'healthy', 'removed', 'calls', 'failed', 'retries', 'mean s'], rows);
  const { total_requests: requests, total_failures: failures, keys_removed: removed } = status.global_stats;
  line(`   in all: ${requests} calls, ${failures} failed, keys were removed ${removed} times`);

  promises.expect(`the ${made.calls} calls of this demo were all counted`, requests === made.calls);
  promises.expect(`and so were its ${made.failures} failures`, failures === made.failures);
  const entries = Object.values(status.key_pools.providers).flatMap(({ keys }) => keys);
  promises.expect(
    'every key stands in the status, masked',
    entries.length === stage.pool.list().length &&
      entries.every(({ masked_key: key }) => /^(.{7}\.\.\..{4}|\*\*\*)$/.test(key)),
  );
}
