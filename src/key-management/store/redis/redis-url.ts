const FORM = 'give redis://user:password@host:port/database, or rediss://… for TLS';

/** One URL for each node that the text names, with the user of the first: `redis://user:password@a:1,b:2` or `redis://a:1,redis://b:2`. */
export function redisUrlsOf(text: string): string[] {
  return text.split(/,\s*(?=\w+:\/\/)/).flatMap((url) => {
    const [, scheme, rest] = /^\s*(rediss?:\/\/)(.*)$/s.exec(url) ?? [];
    if (scheme === undefined || rest === undefined) return [url];
    // A password may hold a comma: hosts come after the last `@`.
    const user = rest.slice(0, rest.lastIndexOf('@') + 1);
    const place = rest.slice(user.length).trim();
    const end = /[/?]|$/.exec(place)!.index;
    const hosts = place.slice(0, end).split(',');
    return hosts.map((host) => `${scheme}${user}${host.trim()}${place.slice(end)}`);
  });
}

/** What is wrong with a URL, for an error that names the setting; nothing of the URL is repeated. */
export function redisUrlProblem(text: string): string | undefined {
  const urls = redisUrlsOf(text);
  if (!urls.every(isRedisUrl)) return `is no URL of a Redis; ${FORM}.`;
  if (urls.length > 1 && urls.some((each) => !/^\/?0?$/.test(new URL(each).pathname))) {
    return 'names a database, of which a Redis Cluster has one; leave it out, and keep apps apart by KEY_STORE_NAMESPACE.';
  }
  return undefined;
}

export function isRedisUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.host === '' || !/^\/?\d*$/.test(url.pathname)) return false;
  return url.protocol === 'redis:' || url.protocol === 'rediss:';
}
