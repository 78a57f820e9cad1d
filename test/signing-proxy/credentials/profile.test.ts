import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findProfile } from '#signing-proxy/credentials/profile.ts';

const testProfile = (name: string, text: string, expected: string | undefined) =>
  test(name, () => {
    expect(findProfile(text, 'default')?.accessKeyId).toBe(expected);
  });

const KEYS = 'aws_access_key_id=AKIA1\naws_secret_access_key=s';

testProfile('finds the keys of a section', `[default]\n${KEYS}`, 'AKIA1');
testProfile('compares names without regard to case', `[default]\n${KEYS.toUpperCase().replace('=S', '=s')}`, 'AKIA1');
testProfile('takes blanks around everything', `  [default] \r\n\t${KEYS.replaceAll('=', ' = ')}\r\n`, 'AKIA1');
testProfile('stops at the next section', `[default]\n[other]\n${KEYS}`, undefined);
testProfile('takes the head of a section to the letter', `[ default ]\n${KEYS}`, undefined);
testProfile('knows no "profile" in front of a name', `[profile default]\n${KEYS}`, undefined);
testProfile('does not follow a source profile', `[other]\n${KEYS}\n[default]\nsource_profile=other`, undefined);
testProfile('counts half a pair as none', '[default]\naws_access_key_id=AKIA1', undefined);
testProfile('takes the later of two values', `[default]\n${KEYS}\naws_access_key_id=AKIA2`, 'AKIA2');

test('keeps the session token, and equals signs in a value', () => {
  const text = '[default]\naws_access_key_id=A\naws_secret_access_key=a=b=\naws_session_token=t==';
  expect(findProfile(text, 'default')).toEqual({ accessKeyId: 'A', secretAccessKey: 'a=b=', sessionToken: 't==' });
});

test('reads any text without failing, and finds whole pairs or nothing', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('[default]', '[', '=', '[[default]]', KEYS, '\0', 'aws_access_key_id', 'AWS_SECRET_ACCESS_KEY= '),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const keys = findProfile(lines.join('\n'), 'default');
      expect(keys?.accessKeyId).not.toBe('');
      expect(keys?.secretAccessKey).not.toBe('');
    }),
  );
});
