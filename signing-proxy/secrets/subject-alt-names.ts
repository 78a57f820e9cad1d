/** The alternative names of a certificate by kind, in the order of the certificate. */
export interface SubjectAltNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  readonly ip: readonly string[];
}

const LABELS = new Map<string, keyof SubjectAltNames>([
  ['DNS', 'dns'],
  ['URI', 'uri'],
  ['email', 'email'],
  ['IP Address', 'ip'],
]);

/** `DNS:a.example, URI:"with, comma"`: Node quotes a value, in JSON's way, when it holds what would be ambiguous. */
const ENTRY = /([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

/** Reads the text form that Node's `X509Certificate.subjectAltName` has. Kinds that Envoy does not match are left out. */
export function parseSubjectAltNames(text: string | undefined): SubjectAltNames {
  const names = { dns: [] as string[], uri: [] as string[], email: [] as string[], ip: [] as string[] };
  for (const [, label = '', value = ''] of (text ?? '').matchAll(ENTRY)) {
    const kind = LABELS.get(label);
    if (kind !== undefined) names[kind].push(unquote(value));
  }
  return names;
}

function unquote(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}
