import type { Manifest } from '../../kube/kinds.ts';
import type { GatewayComponent } from '../../kube/schemas/istio-operator.ts';
import type { ServicePort } from '../../kube/schemas/core.ts';
import { readComponents } from './profile.ts';

/** Tells which IstioOperator an object was installed by. */
export const OWNER_LABEL = 'install.operator.istio.io/owning-resource';

const ROOT_NAMESPACE = 'istio-system';

interface GatewayChart {
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceType: 'LoadBalancer' | 'ClusterIP';
  readonly ports: readonly ServicePort[];
}

const TRAFFIC_PORTS: readonly ServicePort[] = [
  { name: 'http2', port: 80, targetPort: 8080, protocol: 'TCP' },
  { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' },
];

// istio `manifests/charts/gateways`
const INGRESS: GatewayChart = {
  labels: { app: 'istio-ingressgateway', istio: 'ingressgateway' },
  serviceType: 'LoadBalancer',
  ports: [{ name: 'status-port', port: 15021, targetPort: 15021, protocol: 'TCP' }, ...TRAFFIC_PORTS],
};
const EGRESS: GatewayChart = {
  labels: { app: 'istio-egressgateway', istio: 'egressgateway' },
  serviceType: 'ClusterIP',
  ports: TRAFFIC_PORTS,
};

// istio `manifests/charts/istio-control/istio-discovery`
const ISTIOD_PORTS: ServicePort[] = [
  { name: 'grpc-xds', port: 15010, protocol: 'TCP' },
  { name: 'https-dns', port: 15012, protocol: 'TCP' },
  { name: 'https-webhook', port: 443, targetPort: 15017, protocol: 'TCP' },
  { name: 'http-monitoring', port: 15014, protocol: 'TCP' },
];

/** The objects that `istioctl install` creates for an IstioOperator: the Service of istiod, and gateways with all they need. */
export function createInstalledObjects(operator: Manifest<'IstioOperator'>): Manifest[] {
  const components = readComponents(operator);
  const installation = { owner: operator.metadata.name, revision: operator.spec.revision ?? 'default' };
  return [
    ...(components.hasPilot ? [createIstiodService(installation)] : []),
    ...components.ingressGateways.flatMap((gateway) => createGateway(gateway, INGRESS, installation)),
    ...components.egressGateways.flatMap((gateway) => createGateway(gateway, EGRESS, installation)),
  ];
}

interface Installation {
  readonly owner: string;
  readonly revision: string;
}

function createIstiodService({ owner, revision }: Installation): Manifest<'Service'> {
  const selector = { app: 'istiod', 'istio.io/rev': revision };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: revision === 'default' ? 'istiod' : `istiod-${revision}`,
      namespace: ROOT_NAMESPACE,
      labels: { ...selector, istio: 'pilot', [OWNER_LABEL]: owner },
    },
    spec: { type: 'ClusterIP', selector, ports: ISTIOD_PORTS },
  };
}

function createGateway(component: GatewayComponent, chart: GatewayChart, installation: Installation): Manifest[] {
  const { name, namespace = ROOT_NAMESPACE, label, k8s = {} } = component;
  const selector = { ...chart.labels, ...label };
  const labels = { ...selector, 'istio.io/rev': installation.revision };
  const metadata = { name, namespace, labels: { ...labels, [OWNER_LABEL]: installation.owner } };
  const serviceAccountName = `${name}-service-account`;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, name: serviceAccountName } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        type: k8s.service?.type ?? chart.serviceType,
        selector,
        ports: [...(k8s.service?.ports ?? chart.ports)],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: k8s.replicaCount ?? 1,
        selector: { matchLabels: selector },
        template: {
          metadata: {
            labels: { ...labels, 'sidecar.istio.io/inject': 'true' },
            annotations: { 'inject.istio.io/templates': 'gateway' },
          },
          spec: { serviceAccountName, containers: [{ name: 'istio-proxy', image: 'auto' }] },
        },
      },
    },
  ];
}
