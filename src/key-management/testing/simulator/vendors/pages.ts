/** Pages that Cloudflare puts in front of a vendor. */
export function badGatewayPage(host: string): string {
  return `<!DOCTYPE html>\n<html class="no-js" lang="en-US">\n<head>\n<title>${host} | 502: Bad gateway</title></head><body></body></html>`;
}

export function blockedPage(host: string): string {
  return `<!DOCTYPE html>\n<html class="no-js" lang="en-US">\n<head>\n<title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1><h2>You are unable to access ${host}</h2></body></html>`;
}
