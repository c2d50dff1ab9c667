import { KeyMetricsService } from '../../src/key-management';
import { startKeyManagement } from '../support/key-management-app';

describe('metrics', () => {
  it('of two apps in one process are kept apart', async () => {
    const [a, b] = await Promise.all([startKeyManagement({}), startKeyManagement({})]);
    const [first, second] = [a.get(KeyMetricsService), b.get(KeyMetricsService)];
    expect(first.registry).not.toBe(second.registry);
    await Promise.all([first.text(), second.text()]);
    await Promise.all([a.close(), b.close()]);
  });
});
