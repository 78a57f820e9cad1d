const TITLES: Readonly<Record<number, string>> = {
  400: '400 Bad Request',
  413: '413 Request Entity Too Large',
  414: '414 Request-URI Too Large',
  501: '501 Not Implemented',
  502: '502 Bad Gateway',
  503: '503 Service Temporarily Unavailable',
  504: '504 Gateway Time-out',
};

/** The page a load balancer answers with by itself, byte for byte (recorded for 502: 122 bytes, aws.md 7). */
export function createErrorPage(status: number): string {
  const title = TITLES[status] ?? String(status);
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

/** What the status line says after the number. */
export function reasonPhraseOf(status: number): string {
  return TITLES[status]?.slice(4) ?? '';
}
