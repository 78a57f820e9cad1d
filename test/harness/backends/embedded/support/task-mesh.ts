import type { CallOptions } from '#harness/backends/backend.ts';
import { kubeCluster } from '#harness/topology.ts';
import { startEmbedded } from './start-embedded.ts';

export interface TaskMeshOptions {
  /** Labels of the calling pod, besides its own. */
  readonly callerLabels?: Readonly<Record<string, string>>;
  readonly istioVersion?: string;
  readonly dialect?: string;
  /** Whether there is an ingress gateway, and an egress gateway beside it. */
  readonly hasGateways?: boolean;
}

/** What came back, as far as the tasks look at it. */
interface TaskAnswer {
  readonly status: number;
  readonly text: string;
  readonly durationMs: number;
}

function deployment(name: string, labels: Readonly<Record<string, string>>, image: string): object {
  const ports = image.includes('httpbin') ? [{ containerPort: 80 }] : [];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { serviceAccountName: name, containers: [{ name: 'main', image, ports }] },
      },
    },
  };
}

function serviceAccount(name: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
}

function service(app: string): object {
  const ports = [
    { name: 'http', port: 8000, targetPort: 80 },
    { name: 'tcp', port: 9000, targetPort: 80 },
  ];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: app }, spec: { ports, selector: { app } } };
}

function createObjects(apps: Readonly<Record<string, readonly string[]>>, options: TaskMeshOptions): object[] {
  const ofApps = Object.entries(apps).flatMap(([app, versions]) => [
    service(app),
    ...versions.flatMap((version) => {
      const name = `${app}-${version}`;
      return [serviceAccount(name), deployment(name, { app, version }, 'docker.io/kennethreitz/httpbin')];
    }),
  ]);
  const labels = { app: 'sleep', ...options.callerLabels };
  return [...ofApps, serviceAccount('sleep'), deployment('sleep', labels, 'curlimages/curl')];
}

const EGRESS = {
  apiVersion: 'install.istio.io/v1alpha1',
  kind: 'IstioOperator',
  metadata: { name: 'installed', namespace: 'istio-system' },
  spec: { profile: 'demo' },
};

/**
 * A mesh for the tasks of Istio's documentation: an httpbin for each version of each app, behind a Service of its name with
 * the ports 8000 (HTTP) and 9000 (TCP), and a pod that calls.
 */
export async function startTaskMesh(
  apps: Readonly<Record<string, readonly string[]>>,
  manifests: string,
  options: TaskMeshOptions = {},
) {
  const { istioVersion = '1.26.0', dialect = 'envoy-1.34', hasGateways = false } = options;
  const objects = [...(hasGateways ? [EGRESS] : []), ...createObjects(apps, options)];
  const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const world = await startEmbedded({
    east: kubeCluster('east', {
      istioVersion,
      dialect,
      gateway: false,
      manifests: [
        {
          file: 'apps.yaml',
          text: `{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {istio-injection: enabled}}}\n---\n${text}`,
        },
        { file: 'task.yaml', text: manifests },
      ],
    }),
  });
  const { east } = world.parts;
  const caller = east.exec({ labels: { app: 'sleep' } });
  return {
    east,
    clock: world.clock,
    async ask(url: string, call: CallOptions = {}): Promise<TaskAnswer> {
      const answer = await caller.get(url, call);
      return { status: answer.status, text: answer.text(), durationMs: answer.durationMs };
    },
    /** Applies manifests, and waits until proxies have them and listeners have drained. */
    async apply(text: string): Promise<void> {
      await east.apply({ file: 'change.yaml', text });
      await world.clock.sleep(60_000);
    },
    /** The versions of an app that requests reached, in order. */
    served: (app: string): string[] =>
      world.timeline.events().flatMap((event) => {
        if (event.type !== 'hop' || event.sent === undefined || !event.hop.startsWith(`${app}-`)) return [];
        return [event.hop.slice(app.length + 1).split('-')[0] ?? ''];
      }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
