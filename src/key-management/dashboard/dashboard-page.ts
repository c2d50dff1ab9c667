import type { BuiltDashboard } from './dashboard-files';

/** Everything comes from the app itself, nothing is inline, and nobody may frame the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

type HttpHeaders = Readonly<Record<string, string>>;

const headersOf = (contentType: string, cacheControl = 'no-store'): HttpHeaders => ({
  'Content-Type': contentType,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': cacheControl,
});

export const PLAIN_HEADERS = headersOf('text/plain; charset=utf-8');

export const PAGE_HEADERS: HttpHeaders = {
  ...headersOf('text/html; charset=utf-8'),
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

/** A file's name changes with its content, so that it may be kept for ever. */
export const assetHeaders = (contentType: string): HttpHeaders =>
  headersOf(contentType, 'public, max-age=31536000, immutable');

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%232c5fd0'/%3E%3Ccircle cx='6' cy='8' r='2.5' fill='none' stroke='%23fff' stroke-width='1.5'/%3E%3Cpath d='M8.5 8H13v2M11 8v1.5' fill='none' stroke='%23fff' stroke-width='1.5'/%3E%3C/svg%3E";

/**
 * The page around the script. Its URLs are relative, so that any prefix and any proxy before it work: `/x/dashboard` resolves them
 * against `/x/`, and `/x/dashboard/` against itself.
 * @param place Where the page stands in the API, as `admin.dashboard` says.
 */
export function pageHtml(
  { manifest }: BuiltDashboard,
  requestUrl: string,
  access: 'token' | 'host',
  place = 'dashboard',
): string {
  const [path = ''] = requestUrl.split('?');
  const depth = place.split('/').length - (path.endsWith('/') ? 0 : 1);
  const base = '../'.repeat(depth);
  return `<!doctype html>
<html lang="en" data-base="${base}" data-place="${place}" data-access="${access}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Key pools</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="${base}${place}/assets/${manifest.style}">
<script type="module" src="${base}${place}/assets/${manifest.script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The dashboard needs JavaScript. The same data is at health/keys.</noscript>
</body>
</html>
`;
}

export const NOT_BUILT = 'The dashboard is not built. Run: npm run build\n';
