import { getHeaderValues } from '#core/http-message.ts';
import { findCanonicalValue, normalizeBlanks } from '../canonical-value.ts';
import { type Change, quoteValue } from '../change.ts';
import { classifyHeaderChange } from '../classify-change.ts';
import type { SignatureCause } from '../cause.ts';
import type { SearchSubject } from '../search-subject.ts';
import type { HeaderLine } from '../signing-parts.ts';
import { listUsualValues } from './usual-header-values.ts';

/** These have candidates of their own. */
const ELSEWHERE = new Set(['host', 'x-amz-date', 'x-amz-security-token']);

/** Other values that each signed header may have had when it was signed. */
export function createHeaderChanges(subject: SearchSubject): Change[] {
  return subject.parts.headers
    .filter(({ name }) => !ELSEWHERE.has(name))
    .flatMap((line) => [
      ...createObserved(line, subject),
      ...createPartial(line, subject),
      ...createFormats(line, subject),
      ...createUsual(line, subject),
    ]);
}

/** The value this header has at another place of the path, or had before the edge. */
function createObserved(line: HeaderLine, { received, observed }: SearchSubject): Change[] {
  return [received, ...observed].flatMap(({ headers }) => {
    const signed = findCanonicalValue(headers, line.name) ?? '';
    return signed === line.value ? [] : [createChange(line, signed, 'observed')];
  });
}

/** What was there before a hop added a line or appended to a list. */
function createPartial(line: HeaderLine, { checked }: SearchSubject): Change[] {
  const lines = getHeaderValues(checked.headers, line.name).map(normalizeBlanks);
  if (lines.length > 1) {
    const remaining = lines.map((_, left) => lines.filter((__, index) => index !== left).join(','));
    return [lines[0] ?? '', lines.at(-1) ?? '', ...remaining].map((signed) =>
      createChange(line, signed, 'usual', 'header-added'),
    );
  }
  const elements = line.value.split(',');
  return elements.slice(1).flatMap((_, index) => {
    const before = elements.slice(0, index + 1).join(',');
    const after = elements.slice(index + 1).join(',');
    return [createChange(line, before.trimEnd(), 'usual'), createChange(line, after.trimStart(), 'usual')];
  });
}

/** The same value in another form: blanks as sent, lines joined otherwise, bytes read in another encoding. */
function createFormats(line: HeaderLine, { checked }: SearchSubject): Change[] {
  const lines = getHeaderValues(checked.headers, line.name);
  const trimmed = lines.map((value) => value.trim());
  const forms = [
    lines.join(','),
    trimmed.join(','),
    trimmed.join(', '),
    trimmed.toSorted().join(','),
    trimmed.toReversed().join(','),
    line.value.toLowerCase(),
    Buffer.from(line.value, 'utf8').toString('latin1'),
    Buffer.from(line.value, 'latin1').toString('utf8'),
  ];
  return forms
    .filter((signed) => signed !== line.value)
    .map((signed) => createChange(line, signed, 'usual', 'header-format'));
}

function createUsual(line: HeaderLine, { body, parts }: SearchSubject): Change[] {
  const values = [...listUsualValues(line, body, parts.payloadHash), ''];
  return [
    ...values.filter((signed) => signed !== line.value).map((signed) => createChange(line, signed, 'rare')),
    createLeftOut(line),
  ];
}

function createLeftOut(line: HeaderLine): Change {
  return {
    cause: 'header-added',
    edit: { headers: { [line.name]: undefined } },
    reading: `header "${line.name}" is left out of the canonical headers`,
    origin: 'rare',
    subject: line.name,
    signed: undefined,
    checked: line.value,
  };
}

function createChange(line: HeaderLine, signed: string, origin: Change['origin'], cause?: SignatureCause): Change {
  return {
    cause: cause ?? classifyHeaderChange({ name: line.name, signed, checked: line.value }),
    edit: { headers: { [line.name]: signed } },
    reading: signed === '' ? `header "${line.name}" is read as empty` : `${line.name} is read as ${quoteValue(signed)}`,
    origin,
    subject: line.name,
    signed,
    checked: line.value,
  };
}
