import { keyIdOf, KeyPoolService } from '../../src/key-management';
import { describeInChromium, signIn } from '../dashboard/browser';
import { ADMIN } from '../dashboard/real-app';
import { FIRST, SECOND } from '../dashboard/stage';
import { useStage } from '../dashboard/use-stage';

const MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>"\'><svg onload=window.hacked=3>';

describeInChromium('markup in what others wrote', () => {
  const on = useStage('page-injection');

  it('is text on the page: in labels, reasons and models, as loaded and as it comes live', async () => {
    const { page, app, url } = on.stage;
    const pools = app.get(KeyPoolService);
    await pools.update('openai', keyIdOf(FIRST), { label: MARKUP.slice(0, 100) });
    const settle = (key: string): void => {
      const pool = pools.pool('openai')!;
      pool.leaseForProbe(pool.record(keyIdOf(key))!).settle({ outcome: 'invalid_key', reason: MARKUP });
    };
    settle(FIRST);
    await signIn(page, url, ADMIN);
    await on.stage.live();
    settle(SECOND);
    await page.locator('.event', { hasText: '<svg onload' }).first().waitFor();
    await on.stage.row(FIRST).getByText('<img src=x').first().waitFor();
    pools.lease('openai', { model: MARKUP })!.settle({ outcome: 'model_unavailable', retryAfterMs: 60_000 });
    await page.locator('.event').nth(2).waitFor();
    expect(
      await page.evaluate(() => [Reflect.get(window, 'hacked'), document.querySelectorAll('img, svg[onload]').length]),
    ).toEqual([undefined, 0]);
  });
});
