import type { Credentials } from './types.ts';

/**
 * Finds the keys of a profile in the text of a credentials file, as Envoy reads it: the section's head has to match to the
 * letter, names count in any case, `role_arn` and `source_profile` are not followed, and there are no comments
 * (gateways.md 3.3). Undefined when half of the pair is missing.
 */
export function findProfile(text: string, profile: string): Credentials | undefined {
  const values = readSection(text, `[${profile}]`);
  const accessKeyId = values.get('AWS_ACCESS_KEY_ID') ?? '';
  const secretAccessKey = values.get('AWS_SECRET_ACCESS_KEY') ?? '';
  const sessionToken = values.get('AWS_SESSION_TOKEN') ?? '';
  return accessKeyId === '' || secretAccessKey === '' ? undefined : { accessKeyId, secretAccessKey, sessionToken };
}

/** One value of a section, by its name in upper case; empty where there is none. */
export function findProfileValue(text: string, section: string, name: string): string {
  return readSection(text, `[${section}]`).get(name) ?? '';
}

function readSection(text: string, head: string): Map<string, string> {
  const values = new Map<string, string>();
  let isFound = false;
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === head) isFound = true;
    else if (isFound && line.startsWith('[')) break;
    else if (isFound && line.includes('=')) {
      const end = line.indexOf('=');
      values.set(line.slice(0, end).trim().toUpperCase(), line.slice(end + 1).trim());
    }
  }
  return values;
}
