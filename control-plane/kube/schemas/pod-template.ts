import { z } from 'zod';
import { checkVolumes } from '../check-volumes.ts';
import { labelSelector, objectMetadata, portNumber, stringMap, unchecked } from './common.ts';
import { volume, volumeMount } from './volumes.ts';

const keySelector = z.strictObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() });

const environmentVariable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .strictObject({
      secretKeyRef: keySelector.optional(),
      configMapKeyRef: keySelector.optional(),
      fieldRef: z.strictObject({ apiVersion: z.string().optional(), fieldPath: z.string() }).optional(),
      resourceFieldRef: unchecked,
    })
    .optional(),
});

const environmentSource = z.strictObject({
  prefix: z.string().optional(),
  secretRef: z.strictObject({ name: z.string(), optional: z.boolean().optional() }).optional(),
  configMapRef: z.strictObject({ name: z.string(), optional: z.boolean().optional() }).optional(),
});

const containerPort = z.strictObject({
  containerPort: portNumber,
  name: z.string().optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
  hostIP: unchecked,
  hostPort: unchecked,
});

const container = z.strictObject({
  name: z.string(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(environmentVariable).optional(),
  envFrom: z.array(environmentSource).optional(),
  ports: z.array(containerPort).optional(),
  volumeMounts: z.array(volumeMount).optional(),
  imagePullPolicy: unchecked,
  lifecycle: unchecked,
  livenessProbe: unchecked,
  readinessProbe: unchecked,
  resources: unchecked,
  restartPolicy: unchecked,
  securityContext: unchecked,
  startupProbe: unchecked,
  stdin: unchecked,
  stdinOnce: unchecked,
  terminationMessagePath: unchecked,
  terminationMessagePolicy: unchecked,
  tty: unchecked,
  volumeDevices: unchecked,
  workingDir: unchecked,
});

const podSpec = z.strictObject({
  containers: z.array(container),
  initContainers: z.array(container).optional(),
  serviceAccountName: z.string().optional(),
  /** The older spelling of `serviceAccountName`. */
  serviceAccount: z.string().optional(),
  hostNetwork: z.boolean().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  volumes: z.array(volume).optional(),
  activeDeadlineSeconds: unchecked,
  affinity: unchecked,
  dnsConfig: unchecked,
  dnsPolicy: unchecked,
  enableServiceLinks: unchecked,
  ephemeralContainers: unchecked,
  hostAliases: unchecked,
  hostIPC: unchecked,
  hostPID: unchecked,
  hostname: unchecked,
  imagePullSecrets: unchecked,
  nodeName: unchecked,
  nodeSelector: unchecked,
  preemptionPolicy: unchecked,
  priority: unchecked,
  priorityClassName: unchecked,
  readinessGates: unchecked,
  restartPolicy: unchecked,
  runtimeClassName: unchecked,
  schedulerName: unchecked,
  securityContext: unchecked,
  setHostnameAsFQDN: unchecked,
  shareProcessNamespace: unchecked,
  subdomain: unchecked,
  terminationGracePeriodSeconds: unchecked,
  tolerations: unchecked,
  topologySpreadConstraints: unchecked,
});

/** A pod without a name: what a Deployment makes pods from. */
const podTemplate = z
  .strictObject({
    metadata: objectMetadata.partial({ name: true }).optional(),
    spec: podSpec,
  })
  .superRefine((template, context) => {
    for (const { path, message } of checkVolumes(template)) context.addIssue({ code: 'custom', path, message });
  });

export type PodTemplate = z.output<typeof podTemplate>;
export type Container = z.output<typeof container>;

export const deploymentSchema = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata: objectMetadata,
  spec: z.strictObject({
    replicas: z.int().min(0).optional(),
    selector: labelSelector.extend({ matchLabels: stringMap }),
    template: podTemplate,
    minReadySeconds: unchecked,
    paused: unchecked,
    progressDeadlineSeconds: unchecked,
    revisionHistoryLimit: unchecked,
    strategy: unchecked,
  }),
  status: unchecked,
});
