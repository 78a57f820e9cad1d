import type { JsonObject } from '@bufbuild/protobuf';
import type { DumpedResource, ResourceStore } from '../resources/resource-store.ts';

/** What `/config_dump` shows: every accepted resource as protobuf JSON in proto field names, static ones apart. */
export function createConfigDump(store: ResourceStore): JsonObject {
  return { configs: SECTIONS.map((section) => createSection(section, store.dump(section.kind))) };
}

interface Section {
  readonly kind: 'cluster' | 'endpoint' | 'listener' | 'route' | 'secret';
  readonly type: string;
  readonly fixedList: string;
  readonly dynamicList: string;
  readonly wrap: (resource: DumpedResource) => JsonObject;
}

const SECTIONS: readonly Section[] = [
  {
    kind: 'cluster',
    type: 'ClustersConfigDump',
    fixedList: 'static_clusters',
    dynamicList: 'dynamic_active_clusters',
    wrap: ({ json }) => ({ cluster: json }),
  },
  {
    kind: 'endpoint',
    type: 'EndpointsConfigDump',
    fixedList: 'static_endpoint_configs',
    dynamicList: 'dynamic_endpoint_configs',
    wrap: ({ json }) => ({ endpoint_config: json }),
  },
  {
    kind: 'listener',
    type: 'ListenersConfigDump',
    fixedList: 'static_listeners',
    dynamicList: 'dynamic_listeners',
    wrap: ({ name, version, json }) =>
      version === '' ? { listener: json } : { name, active_state: { version_info: version, listener: json } },
  },
  {
    kind: 'route',
    type: 'RoutesConfigDump',
    fixedList: 'static_route_configs',
    dynamicList: 'dynamic_route_configs',
    wrap: ({ json }) => ({ route_config: json }),
  },
  {
    kind: 'secret',
    type: 'SecretsConfigDump',
    fixedList: 'static_secrets',
    dynamicList: 'dynamic_active_secrets',
    wrap: ({ name, json }) => ({ name, secret: json }),
  },
];

function createSection(section: Section, resources: readonly DumpedResource[]): JsonObject {
  const { type, kind, fixedList, dynamicList, wrap } = section;
  const fixed = resources.filter(({ version }) => version === '').map(wrap);
  const dynamic = resources
    .filter(({ version }) => version !== '')
    .map((resource) => (kind === 'listener' ? wrap(resource) : { version_info: resource.version, ...wrap(resource) }));
  return {
    '@type': `type.googleapis.com/envoy.admin.v3.${type}`,
    ...(fixed.length > 0 && { [fixedList]: fixed }),
    ...(dynamic.length > 0 && { [dynamicList]: dynamic }),
  };
}
