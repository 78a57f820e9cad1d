import { findNearest } from '#core/nearest.ts';
import type { Manifest } from './kinds.ts';
import { throwProblems, type ManifestProblem } from './manifest-problem.ts';
import type { ObjectStore } from './object-store.ts';
import type { ParsedManifest } from './parse-manifest.ts';
import type { FieldPath } from './source-map.ts';

/**
 * Checks that the namespaces which objects belong to exist, or come with the same manifests.
 *
 * @throws {ManifestError} `INVALID_MANIFEST`
 */
export function checkNamespaces(parsed: readonly ParsedManifest[], store: Pick<ObjectStore, 'list'>): void {
  const coming = parsed.flatMap(({ manifest }) => (manifest.kind === 'Namespace' ? [manifest.metadata.name] : []));
  const known = [...store.list('Namespace').map(({ metadata }) => metadata.name), ...coming];
  throwProblems(
    parsed.flatMap(({ manifest, source, root }) =>
      findNamespaces(manifest)
        .filter(({ name }) => !known.includes(name))
        .map(({ name, path }): ManifestProblem => {
          const nearest = findNearest(name, known);
          const remark = nearest === undefined ? `known: ${known.join(', ')}` : `did you mean "${nearest}"?`;
          const location = source.locateValue([...root, ...path], remark);
          return { location, text: `namespace "${name}" does not exist` };
        }),
    ),
  );
}

interface NamedNamespace {
  readonly name: string;
  readonly path: FieldPath;
}

/** The namespaces that a manifest needs: its own, and those of gateways that an IstioOperator installs. */
function findNamespaces(manifest: Manifest): NamedNamespace[] {
  if (manifest.kind === 'Namespace') return [];
  const own = { name: manifest.metadata.namespace ?? 'default', path: ['metadata', 'namespace'] };
  if (manifest.kind !== 'IstioOperator') return [own];
  const { ingressGateways = [], egressGateways = [] } = manifest.spec.components ?? {};
  const ofGateways = Object.entries({ ingressGateways, egressGateways }).flatMap(([list, gateways]) =>
    gateways.flatMap(({ namespace }, index) =>
      namespace === undefined ? [] : [{ name: namespace, path: ['spec', 'components', list, index, 'namespace'] }],
    ),
  );
  return [own, ...ofGateways];
}
