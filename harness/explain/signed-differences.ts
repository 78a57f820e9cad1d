import type { SignatureCause } from './cause.ts';
import { type Change, quoteValue } from './change.ts';
import { classifyHeaderChange, classifyPathChange, classifyQueryChange } from './classify-change.ts';
import { findLine, type PartsEdit, type SigningParts } from './signing-parts.ts';

/** Every difference between what a signer says it signed and what was checked, each as one change. */
export function listSignedDifferences(signed: SigningParts, checked: SigningParts): Change[] {
  const names = [...new Set([...signed.headers, ...checked.headers].map(({ name }) => name))];
  return [
    ...names.flatMap((name) => compareHeader(name, signed, checked)),
    ...comparePart(':path', [signed.path, checked.path], { path: signed.path }, classifyPathChange),
    ...comparePart(':query', [signed.query, checked.query], { query: signed.query }, classifyQueryChange),
    ...comparePart(':method', [signed.method, checked.method], { method: signed.method }, () => 'method-changed'),
    ...comparePart(
      ':payload',
      [signed.payloadHash, checked.payloadHash],
      { payloadHash: signed.payloadHash },
      () => 'payload-hash',
    ),
    ...comparePart(
      ':signed-headers',
      [signed.signedHeaders, checked.signedHeaders],
      { signedHeaders: signed.signedHeaders },
      () => 'signed-headers',
    ),
    ...comparePart(':date', [signed.stamp, checked.stamp], { stamp: signed.stamp }, () => 'wrong-date'),
    ...compareScope(signed, checked),
  ];
}

function compareHeader(name: string, signedParts: SigningParts, checkedParts: SigningParts): Change[] {
  const signed = findLine(signedParts, name);
  const checked = findLine(checkedParts, name);
  if (signed === checked) return [];
  const reading = signed === undefined ? `header "${name}" is left out` : `${name} is read as ${quoteValue(signed)}`;
  const cause = classifyHeaderChange({ name, signed, checked });
  return [
    { cause, edit: { headers: { [name]: signed } }, reading, origin: 'observed', subject: name, signed, checked },
  ];
}

function comparePart(
  subject: string,
  [signed, checked]: readonly [string, string],
  edit: PartsEdit,
  classify: (signed: string, checked: string) => SignatureCause,
): Change[] {
  if (signed === checked) return [];
  const reading = `the ${subject.slice(1)} is read as ${quoteValue(signed)}`;
  return [{ cause: classify(signed, checked), edit, reading, origin: 'observed', subject, signed, checked }];
}

function compareScope({ scope: signed }: SigningParts, { scope: checked }: SigningParts): Change[] {
  const edit = { scope: signed, keyScope: signed };
  if (signed.region !== checked.region)
    return comparePart(':region', [signed.region, checked.region], edit, () => 'wrong-region');
  if (signed.service !== checked.service) {
    return comparePart(':service', [signed.service, checked.service], edit, () => 'wrong-service');
  }
  return comparePart(':day', [signed.day, checked.day], edit, () => 'wrong-date');
}
