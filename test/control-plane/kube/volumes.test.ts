import { expect, test } from 'vitest';
import { planInjection } from '#control-plane/istio/installation/injection.ts';
import { createObjectStore } from '#control-plane/kube/object-store.ts';
import { parseManifests } from '#control-plane/kube/parse-manifest.ts';

interface Written {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly volumes?: string;
  readonly mounts?: string;
}

function parse({ annotations = {}, volumes = '[]', mounts = '[]' }: Written) {
  const text = `apiVersion: v1
kind: Namespace
metadata: { name: default, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: httpbin }
spec:
  selector: { matchLabels: { app: httpbin } }
  template:
    metadata:
      labels: { app: httpbin }
      annotations: ${JSON.stringify(annotations)}
    spec:
      volumes: ${volumes}
      containers:
        - name: istio-proxy
          volumeMounts: ${mounts}
`;
  return parseManifests([{ file: 'httpbin.yaml', text }]);
}

const messageOf = (written: Written): string => {
  try {
    parse(written);
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  }
  return 'no error';
};

test.each<[string, Written, string]>([
  [
    'a mount of a volume that the pod has not',
    { volumes: '[{ name: aws, emptyDir: {} }]', mounts: '[{ name: awz, mountPath: /aws }]' },
    'httpbin.yaml:18:34  field "name" in "volumeMounts": the pod has no volume "awz": did you mean "aws"?',
  ],
  [
    'two mounts in one place',
    { volumes: '[{ name: aws }]', mounts: '[{ name: aws, mountPath: /aws }, { name: aws, mountPath: /aws }]' },
    'httpbin.yaml:18:82  field "mountPath" in "volumeMounts": must be unique in a container',
  ],
  [
    'an unknown field of a volume',
    { volumes: '[{ name: aws, secret: { secretNam: keys } }]' },
    'httpbin.yaml:15:30  missing field "secretName" in "secret"',
  ],
  [
    'a path that leaves the volume',
    { volumes: '[{ name: aws, secret: { secretName: keys, items: [{ key: a, path: ../b }] } }]' },
    'httpbin.yaml:15:82  field "path" in "items": must be a relative path without ".."',
  ],
  [
    'a token that lives too briefly',
    { volumes: '[{ name: t, projected: { sources: [{ serviceAccountToken: { path: t, expirationSeconds: 60 } }] } }]' },
    'httpbin.yaml:15:104  field "expirationSeconds" in "serviceAccountToken": must be at least 600, ten minutes',
  ],
  [
    'an annotation that is no JSON',
    { annotations: { 'sidecar.istio.io/userVolume': 'name: aws' } },
    `httpbin.yaml:13:51  field "sidecar.istio.io/userVolume" in "annotations": must be JSON: Unexpected token 'a', "name: aws" is not valid JSON`,
  ],
  [
    'an unknown field inside an annotation',
    { annotations: { 'sidecar.istio.io/userVolume': '[{"name":"aws","secret":{"secretName":"a","optinal":true}}]' } },
    'httpbin.yaml:13:51  field "sidecar.istio.io/userVolume" in "annotations": unknown field "optinal" in "secret": did you mean "optional"?',
  ],
  [
    'an annotation that mounts what is not there',
    { annotations: { 'sidecar.istio.io/userVolumeMount': '[{"name":"aws","mountPath":"/aws"}]' } },
    'httpbin.yaml:13:56  field "sidecar.istio.io/userVolumeMount" in "annotations": the pod has no volume "aws": known: credential-socket, istio-data, istio-envoy, istio-podinfo, istio-token, istiod-ca-cert, workload-certs, workload-socket',
  ],
])('refuses %s', (_title, written, message) => {
  expect(messageOf(written)).toBe(message);
});

test.each([
  [
    'as a list',
    '[{"name":"aws","secret":{"secretName":"keys"}}]',
    '[{"name":"aws","mountPath":"/aws","readonly":true}]',
  ],
  ['as a map', '{"aws":{"secret":{"secretName":"keys"}}}', '{"aws":{"mountPath":"/aws"}}'],
])('gives the proxy the volumes that its annotations name %s', (_title, userVolume, userVolumeMount) => {
  const store = createObjectStore({ now: () => 0 });
  const annotations = {
    'sidecar.istio.io/userVolume': userVolume,
    'sidecar.istio.io/userVolumeMount': userVolumeMount,
  };
  for (const { manifest } of parse({ annotations, volumes: '[{ name: tmp, emptyDir: }]' })) store.apply(manifest);
  const [deployment] = store.list('Deployment');
  const injection = deployment && planInjection(deployment, store);
  expect(injection?.container.volumeMounts).toMatchObject([{ name: 'aws', mountPath: '/aws' }]);
  expect(injection?.volumes).toMatchObject([{ name: 'aws', secret: { secretName: 'keys' } }, { name: 'tmp' }]);
});
