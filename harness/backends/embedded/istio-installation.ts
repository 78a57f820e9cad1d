import type { ManifestSource } from '../../topology.ts';

/** The namespace that istiod runs in, and whose EnvoyFilters reach every namespace. */
export const ROOT_NAMESPACE = 'istio-system';

/** What `istioctl install` puts into a KubeCluster besides istiod: the ingress gateway of the default profile. */
export function createIstioInstallation(gateway: { readonly replicas: number } | undefined): readonly ManifestSource[] {
  const documents = [NAMESPACE, ...(gateway === undefined ? [] : [createIngressGateway(gateway.replicas)])];
  return [{ file: 'the Istio installation', text: documents.join('---\n') }];
}

const NAMESPACE = `apiVersion: v1
kind: Namespace
metadata:
  name: ${ROOT_NAMESPACE}
`;

/** Names, labels and ports of Istio's chart (istio/istio \`manifests/charts/gateways/istio-ingress\`). */
function createIngressGateway(replicas: number): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata:
  name: istio-ingressgateway-service-account
  namespace: ${ROOT_NAMESPACE}
---
apiVersion: v1
kind: Service
metadata:
  name: istio-ingressgateway
  namespace: ${ROOT_NAMESPACE}
  labels:
    app: istio-ingressgateway
    istio: ingressgateway
spec:
  type: LoadBalancer
  selector:
    app: istio-ingressgateway
    istio: ingressgateway
  ports:
    - name: status-port
      port: 15021
      targetPort: 15021
    - name: http2
      port: 80
      targetPort: 8080
    - name: https
      port: 443
      targetPort: 8443
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: istio-ingressgateway
  namespace: ${ROOT_NAMESPACE}
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: istio-ingressgateway
      istio: ingressgateway
  template:
    metadata:
      labels:
        app: istio-ingressgateway
        istio: ingressgateway
        sidecar.istio.io/inject: 'true'
      annotations:
        inject.istio.io/templates: gateway
    spec:
      serviceAccountName: istio-ingressgateway-service-account
      containers:
        - name: istio-proxy
          image: auto
`;
}
