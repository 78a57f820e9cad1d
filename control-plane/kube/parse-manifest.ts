import { LineCounter, parseAllDocuments, type Document } from 'yaml';
import { findNearest } from '#core/nearest.ts';
import { createRecentCache } from '#core/recent-cache.ts';
import { explainIssue } from './explain-issue.ts';
import { isKind, KINDS, REFUSED_KINDS, type Kind, type Manifest } from './kinds.ts';
import { throwProblems, type ManifestProblem } from './manifest-problem.ts';
import { createSourceMap, explainSyntax, type FieldPath, type SourceMap } from './source-map.ts';

/** YAML text with the name that its mistakes are reported under. */
export interface ManifestSource {
  readonly file: string;
  readonly text: string;
  /** Overrides the namespace of every object, as `namespace` of a kustomization does. */
  readonly namespace?: string;
}

/** A checked object and the place it came from. */
export interface ParsedManifest {
  readonly manifest: Manifest;
  readonly source: SourceMap;
  readonly root: FieldPath;
}

/**
 * Reads the objects of one or more files of YAML documents (`kind: List` is opened).
 *
 * @throws {ManifestError} `INVALID_MANIFEST` with every mistake of every file: bad YAML, unknown kinds, unknown fields,
 * wrong types.
 */
export function parseManifests(sources: readonly ManifestSource[]): ParsedManifest[] {
  const parsed = sources.map((source) => recent.get(JSON.stringify(source), () => parseSource(source)));
  throwProblems(parsed.flatMap(({ problems }) => problems));
  return parsed.flatMap(({ manifests }) => manifests);
}

/** Scenarios apply the same few files again and again; nobody changes an object that was applied. */
const recent = createRecentCache<ParsedSource>(300);

interface ParsedSource {
  readonly manifests: readonly ParsedManifest[];
  readonly problems: readonly ManifestProblem[];
}

function parseSource({ file, text, namespace }: ManifestSource): ParsedSource {
  const problems: ManifestProblem[] = [];
  const lines = new LineCounter();
  const documents: readonly Document.Parsed[] = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const manifests = documents.flatMap((document) => {
    const holdsSecret = mayHoldSecret(document, text);
    const source = createSourceMap({ file, text, document, lines, holdsSecret });
    const reader = new DocumentReader(source, holdsSecret, namespace);
    const ofDocument = readDocument(document, reader);
    problems.push(...reader.problems.toSorted(byPlace));
    return ofDocument;
  });
  return { manifests, problems };
}

function readDocument(document: Document.Parsed, reader: DocumentReader): ParsedManifest[] {
  const syntaxProblem = explainSyntax(document, reader.source);
  if (syntaxProblem !== undefined) {
    reader.problems.push(syntaxProblem);
    return [];
  }
  const value: unknown = document.toJS();
  return value === null ? [] : reader.readObject(value, []);
}

class DocumentReader {
  readonly problems: ManifestProblem[] = [];
  readonly source: SourceMap;
  readonly #holdsSecret: boolean;
  readonly #namespace: string | undefined;

  constructor(source: SourceMap, holdsSecret: boolean, namespace: string | undefined) {
    this.source = source;
    this.#holdsSecret = holdsSecret;
    this.#namespace = namespace;
  }

  readObject(value: unknown, root: FieldPath): ParsedManifest[] {
    if (!isRecord(value)) return this.#refuse(root, 'a manifest must be a map with "apiVersion" and "kind"');
    const { apiVersion, kind } = value;
    if (typeof kind !== 'string') return this.#refuseHeading(root, 'kind', kind);
    if (typeof apiVersion !== 'string') return this.#refuseHeading(root, 'apiVersion', apiVersion);
    if (kind === 'List' && apiVersion === 'v1') return this.#readList(value, root);
    if (!isKind(kind)) return this.#refuseKind(kind, apiVersion, root);
    if (!isVersionOf(kind, apiVersion)) return this.#refuseVersion(kind, apiVersion, root);
    return this.#check(kind, value, root);
  }

  #readList(list: Readonly<Record<string, unknown>>, root: FieldPath): ParsedManifest[] {
    const items = list['items'];
    if (!Array.isArray(items)) return this.#refuse([...root, 'items'], 'field "items" in "List" must be a list');
    return items.flatMap((item: unknown, index) => this.readObject(item, [...root, 'items', index]));
  }

  #check(kind: Kind, value: Readonly<Record<string, unknown>>, root: FieldPath): ParsedManifest[] {
    const { schema } = KINDS[kind];
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) {
      return [{ manifest: inNamespace(result.data, this.#namespace), source: this.source, root }];
    }
    const checked = { source: this.source, schema, kind, root, holdsSecret: this.#holdsSecret };
    this.problems.push(...result.error.issues.flatMap((issue) => explainIssue(issue, checked)));
    return [];
  }

  #refuseHeading(root: FieldPath, field: string, value: unknown): [] {
    if (value === undefined) return this.#refuse(root, `missing field "${field}" in "manifest"`);
    return this.#refuse([...root, field], `field "${field}" in "manifest" must be a string`);
  }

  #refuseKind(kind: string, apiVersion: string, root: FieldPath): ParsedManifest[] {
    if (REFUSED_KINDS.has(kind) && /\.istio\.io\//.test(apiVersion)) {
      return this.#refuse([...root, 'kind'], `kind "${kind}" is not supported by this control plane`);
    }
    const ofVersion = Object.keys(KINDS).filter((known) => isKind(known) && isVersionOf(known, apiVersion));
    const nearest = findNearest(kind, Object.keys(KINDS));
    const known = ofVersion.length > 0 ? ofVersion : Object.keys(KINDS);
    const remark = nearest === undefined ? `known: ${known.join(', ')}` : `did you mean "${nearest}"?`;
    return this.#refuse([...root, 'kind'], `unknown kind "${kind}" in "${apiVersion}"`, remark);
  }

  #refuseVersion(kind: Kind, apiVersion: string, root: FieldPath): ParsedManifest[] {
    const known: readonly string[] = KINDS[kind].apiVersions;
    const remark = `known: ${known.join(', ')}`;
    return this.#refuse([...root, 'apiVersion'], `unknown apiVersion "${apiVersion}" of kind "${kind}"`, remark);
  }

  #refuse(path: FieldPath, text: string, remark?: string): [] {
    this.problems.push({ location: this.source.locateValue(path, remark), text });
    return [];
  }
}

function inNamespace(manifest: Manifest, namespace: string | undefined): Manifest {
  if (namespace === undefined || manifest.kind === 'Namespace') return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

function isVersionOf(kind: Kind, apiVersion: string): boolean {
  const known: readonly string[] = KINDS[kind].apiVersions;
  return known.includes(apiVersion);
}

function mayHoldSecret(document: Document.Parsed, text: string): boolean {
  const [start, , end] = document.range;
  return /["']?kind["']?:\s*["']?Secret\b/.test(text.slice(start, end));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byPlace(a: ManifestProblem, b: ManifestProblem): number {
  return a.location.line - b.location.line || a.location.column - b.location.column;
}
