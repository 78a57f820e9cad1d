import { z } from 'zod';
import {
  duration,
  networkingVersion,
  objectMetadata,
  portNumber,
  stringMap,
  unchecked,
  unsupported,
} from './common.ts';

const count = z.int().min(0);

const tlsSettings = z
  .strictObject({
    mode: z.enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']).optional(),
    credentialName: z.string().optional(),
    clientCertificate: z.string().optional(),
    privateKey: z.string().optional(),
    caCertificates: z.string().optional(),
    subjectAltNames: z.array(z.string()).optional(),
    sni: z.string().optional(),
    insecureSkipVerify: z.boolean().optional(),
    caCrl: unsupported(),
  })
  .superRefine(({ mode, credentialName, clientCertificate, privateKey }, context) => {
    if (mode !== 'MUTUAL' || credentialName !== undefined) return;
    if (clientCertificate !== undefined && privateKey !== undefined) return;
    const message = 'MUTUAL needs "credentialName", or "clientCertificate" and "privateKey"';
    context.addIssue({ code: 'custom', path: ['mode'], message });
  });

const connectionPool = z.strictObject({
  tcp: z
    .strictObject({
      maxConnections: count.optional(),
      connectTimeout: duration.optional(),
      tcpKeepalive: z
        .strictObject({ probes: count.optional(), time: duration.optional(), interval: duration.optional() })
        .optional(),
      maxConnectionDuration: duration.optional(),
      idleTimeout: duration.optional(),
    })
    .optional(),
  http: z
    .strictObject({
      http1MaxPendingRequests: count.optional(),
      http2MaxRequests: count.optional(),
      maxRequestsPerConnection: count.optional(),
      maxRetries: count.optional(),
      idleTimeout: duration.optional(),
      h2UpgradePolicy: z.enum(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']).optional(),
      useClientProtocol: z.boolean().optional(),
      maxConcurrentStreams: count.optional(),
      http2KeepAlive: unsupported(),
    })
    .optional(),
});

const outlierDetection = z.strictObject({
  consecutive5xxErrors: count.optional(),
  consecutiveGatewayErrors: count.optional(),
  consecutiveLocalOriginFailures: count.optional(),
  splitExternalLocalOriginErrors: z.boolean().optional(),
  interval: duration.optional(),
  baseEjectionTime: duration.optional(),
  maxEjectionPercent: z.int().min(0).max(100).optional(),
  minHealthPercent: z.int().min(0).max(100).optional(),
  consecutiveErrors: unsupported(),
  outlierDetectionHttpErrorCodes: unsupported(),
});

const HASH_KEYS = ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'] as const;

const consistentHash = z
  .strictObject({
    httpHeaderName: z.string().min(1, 'must name a header').optional(),
    httpCookie: z
      .strictObject({
        name: z.string().min(1, 'must name a cookie'),
        path: z.string().optional(),
        /** Without one a caller that has no such cookie gets none. */
        ttl: duration.optional(),
        attributes: z.array(z.strictObject({ name: z.string(), value: z.string().optional() })).optional(),
      })
      .optional(),
    useSourceIp: z.boolean().optional(),
    httpQueryParameterName: z.string().min(1, 'must name a parameter').optional(),
    minimumRingSize: count.optional(),
    ringHash: z.strictObject({ minimumRingSize: count.optional() }).optional(),
    maglev: z.strictObject({ tableSize: count.optional() }).optional(),
  })
  .refine((hash) => HASH_KEYS.filter((key) => hash[key] !== undefined).length <= 1, {
    message: `must have only one of ${HASH_KEYS.map((key) => `"${key}"`).join(', ')}`,
  })
  .refine(({ ringHash, maglev }) => ringHash === undefined || maglev === undefined, {
    path: ['maglev'],
    message: 'must not stand beside "ringHash"',
  });

/** `region`, `region/zone` or `region/zone/sub-zone`, with `*` for any. */
const place = z.string().regex(/^[^/]+(\/[^/]+){0,2}$/, 'must be "region/zone/sub-zone"');

const localityLbSetting = z
  .strictObject({
    enabled: z.boolean().optional(),
    distribute: z
      .array(
        z.strictObject({
          from: place,
          to: z
            .record(place, z.int().min(1).max(100))
            .refine((to) => Object.values(to).reduce((sum, weight) => sum + weight, 0) === 100, 'must sum up to 100'),
        }),
      )
      .optional(),
    failover: z.array(z.strictObject({ from: z.string(), to: z.string() })).optional(),
    /** Labels that endpoints should have in common with their callers, the weightiest first. */
    failoverPriority: z.array(z.string()).optional(),
  })
  .refine(
    ({ distribute, failover, failoverPriority }) =>
      distribute === undefined || (failover === undefined && failoverPriority === undefined),
    { path: ['distribute'], message: 'must not stand beside "failover" or "failoverPriority"' },
  );

const loadBalancer = z
  .strictObject({
    simple: z.enum(['UNSPECIFIED', 'LEAST_CONN', 'LEAST_REQUEST', 'RANDOM', 'ROUND_ROBIN', 'PASSTHROUGH']).optional(),
    consistentHash: consistentHash.optional(),
    localityLbSetting: localityLbSetting.optional(),
    /** The older form of `warmup`. */
    warmupDurationSecs: duration.optional(),
    /** New endpoints get their share of requests little by little. */
    warmup: z
      .strictObject({
        duration,
        minimumPercent: z.number().min(0).max(100).optional(),
        aggression: z.number().min(1).optional(),
      })
      .optional(),
    zoneAwareLbSetting: unsupported(),
  })
  .superRefine(({ simple = 'UNSPECIFIED', consistentHash: hash, warmup, warmupDurationSecs }, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const field = warmup === undefined ? 'warmupDurationSecs' : 'warmup';
    if (warmup === undefined && warmupDurationSecs === undefined) return;
    if (warmup !== undefined && warmupDurationSecs !== undefined)
      refuse(field, 'must not stand beside "warmupDurationSecs"');
    const isGradual = hash === undefined && !['RANDOM', 'PASSTHROUGH'].includes(simple);
    if (!isGradual) refuse(field, 'needs "simple" to be LEAST_REQUEST or ROUND_ROBIN');
  })
  .refine((settings) => settings.simple === undefined || settings.consistentHash === undefined, {
    path: ['consistentHash'],
    message: 'must not stand beside "simple"',
  });

/** What a policy sets for one port, or for all. */
const settings = {
  connectionPool: connectionPool.optional(),
  loadBalancer: loadBalancer.optional(),
  outlierDetection: outlierDetection.optional(),
  tls: tlsSettings.optional(),
};

const trafficPolicy = z.strictObject({
  ...settings,
  portLevelSettings: z.array(z.strictObject({ port: z.strictObject({ number: portNumber }), ...settings })).optional(),
  tunnel: unsupported(),
  proxyProtocol: unsupported(),
  /** Retries as a part of the requests under way. */
  retryBudget: z
    .strictObject({
      percent: z.number().min(0).max(100).optional(),
      minRetryConcurrency: count.optional(),
      budgetInterval: unsupported(),
    })
    .optional(),
});

export const destinationRuleSchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('DestinationRule'),
  metadata: objectMetadata,
  spec: z.strictObject({
    host: z.string().min(1, 'must name a host'),
    trafficPolicy: trafficPolicy.optional(),
    subsets: z
      .array(
        z.strictObject({ name: z.string(), labels: stringMap.optional(), trafficPolicy: trafficPolicy.optional() }),
      )
      .optional(),
    exportTo: z.array(z.string()).optional(),
    workloadSelector: z.strictObject({ matchLabels: stringMap.optional() }).optional(),
  }),
  status: unchecked,
});

export type TrafficPolicy = z.output<typeof trafficPolicy>;
export type RetryBudget = NonNullable<TrafficPolicy['retryBudget']>;
export type ClientTlsSettings = z.output<typeof tlsSettings>;
export type ConnectionPool = z.output<typeof connectionPool>;
export type OutlierSettings = z.output<typeof outlierDetection>;
export type LocalityLbSetting = z.output<typeof localityLbSetting>;
export type ConsistentHash = z.output<typeof consistentHash>;
export type LoadBalancerSettings = z.output<typeof loadBalancer>;
