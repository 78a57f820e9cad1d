import { z } from 'zod';
import { networkingVersion, objectMetadata, portNumber, stringMap, unchecked } from './common.ts';

const workload = z.strictObject({
  /** An IP address, or a name where the ServiceEntry resolves names. */
  address: z.string().refine((address) => !address.startsWith('unix:'), 'must not be a socket of the file system'),
  /** By the ServiceEntry's port names; a port that is not named is reached under the ServiceEntry's own number. */
  ports: z.record(z.string(), portNumber).optional(),
  labels: stringMap.optional(),
  network: unchecked,
  locality: z
    .string()
    .regex(/^[^/]+(\/[^/]+){0,2}$/, 'must be "region/zone/sub-zone"')
    .optional(),
  weight: z.int().min(0).optional(),
  serviceAccount: z.string().optional(),
});

const port = z.strictObject({
  number: portNumber,
  name: z.string(),
  protocol: z.string().optional(),
  targetPort: portNumber.optional(),
});

export const serviceEntrySchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('ServiceEntry'),
  metadata: objectMetadata,
  spec: z
    .strictObject({
      hosts: z.array(z.string()).min(1, 'must name at least one host'),
      addresses: z.array(z.string()).optional(),
      ports: z.array(port).optional(),
      location: z.enum(['MESH_EXTERNAL', 'MESH_INTERNAL']).optional(),
      resolution: z.enum(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN']).optional(),
      endpoints: z.array(workload).optional(),
      workloadSelector: z.strictObject({ labels: stringMap.optional() }).optional(),
      exportTo: z.array(z.string()).optional(),
      subjectAltNames: z.array(z.string()).optional(),
    })
    .superRefine((spec, context) => {
      const refuse = (path: string, message: string, ...more: (string | number)[]): void =>
        context.addIssue({ code: 'custom', path: [path, ...more], message });
      const { addresses = [], endpoints = [], hosts, ports = [], resolution = 'NONE', workloadSelector } = spec;
      if (hosts.includes('*')) refuse('hosts', 'must not be "*"', hosts.indexOf('*'));
      for (const field of ['name', 'number'] as const) {
        const values = ports.map((entry) => entry[field]);
        const again = values.findIndex((value, index) => values.indexOf(value) < index);
        if (again >= 0) refuse('ports', 'must not be that of another port', again, field);
      }
      const range = addresses.findIndex((address) => address.includes('/'));
      if (range >= 0 && isDns(resolution))
        refuse('addresses', 'must be no range of addresses when resolution is DNS', range);
      if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1)
        refuse('endpoints', 'must be one for DNS_ROUND_ROBIN');
      if (endpoints.length > 0 && workloadSelector !== undefined) {
        refuse('workloadSelector', 'must not stand beside "endpoints"');
      }
      if (resolution === 'NONE' && endpoints.length > 0) refuse('endpoints', 'needs a resolution other than NONE');
      if (isDns(resolution) && endpoints.length === 0 && hosts.some((host) => host.includes('*'))) {
        refuse('hosts', `must not hold a wildcard when resolution is ${resolution} and there are no endpoints`);
      }
    }),
  status: unchecked,
});

export const workloadEntrySchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('WorkloadEntry'),
  metadata: objectMetadata,
  spec: workload,
  status: unchecked,
});

function isDns(resolution: string): boolean {
  return resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
}

export type Workload = z.output<typeof workload>;
