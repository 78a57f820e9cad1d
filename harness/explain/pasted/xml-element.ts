/** The text of the first element of that name, its entities undone; undefined when there is none. */
export function readXmlElement(text: string, name: string): string | undefined {
  const content = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return content?.replace(
    /&(?:(lt|gt|quot|apos|amp)|#x([0-9a-f]+)|#(\d+));/gi,
    (entity, named?: string, hex?: string, decimal?: string) => {
      if (named !== undefined) return NAMED[named.toLowerCase()] ?? entity;
      return String.fromCharCode(Number.parseInt(hex ?? decimal ?? '', hex === undefined ? 10 : 16));
    },
  );
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
