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
import { findFixedHeaders, findRouteConflicts, type Conflict } from './http-route-conflicts.ts';

const stringMatch = z
  .strictObject({
    exact: z.string().optional(),
    prefix: z.string().optional(),
    regex: z.string().optional(),
  })
  .refine((match) => Object.keys(match).length <= 1, 'must have only one of "exact", "prefix", "regex"');

const percent = z.strictObject({ value: z.number().min(0).max(100) });

/** `@request.auth.claims...` are no headers: they tell what a token says, which RequestAuthentication would have to read. */
const headerMatches = z.record(
  z.string().regex(/^(?!@request\.auth\.)/, 'is not supported by this control plane'),
  stringMatch,
);

const httpMatch = z.strictObject({
  name: z.string().optional(),
  uri: stringMatch.optional(),
  ignoreUriCase: z.boolean().optional(),
  scheme: stringMatch.optional(),
  method: stringMatch.optional(),
  authority: stringMatch.optional(),
  headers: headerMatches.optional(),
  withoutHeaders: headerMatches.optional(),
  queryParams: z.record(z.string(), stringMatch).optional(),
  port: portNumber.optional(),
  sourceLabels: stringMap.optional(),
  sourceNamespace: z.string().optional(),
  gateways: z.array(z.string()).optional(),
  statPrefix: z.string().optional(),
});

const destination = z.strictObject({
  host: z.string(),
  subset: z.string().optional(),
  port: z.strictObject({ number: portNumber }).optional(),
});

const headerOperations = z.strictObject({
  set: stringMap.optional(),
  add: stringMap.optional(),
  remove: z.array(z.string()).optional(),
});

const headers = z
  .strictObject({ request: headerOperations.optional(), response: headerOperations.optional() })
  .superRefine((changes, context) => {
    for (const { path, message } of findFixedHeaders(changes)) context.addIssue({ code: 'custom', path, message });
  });

const routeDestination = z.strictObject({
  destination,
  weight: z.int().min(0).optional(),
  headers: headers.optional(),
});

const redirect = z.strictObject({
  uri: z.string().optional(),
  authority: z.string().optional(),
  scheme: z.string().optional(),
  port: portNumber.optional(),
  derivePort: z.enum(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']).optional(),
  redirectCode: z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)]).optional(),
});

const directResponse = z.strictObject({
  status: z.int().min(200).max(599),
  body: z.strictObject({ string: z.string().optional(), bytes: z.string().optional() }).optional(),
});

const rewrite = z
  .strictObject({
    uri: z.string().optional(),
    authority: z.string().optional(),
    uriRegexRewrite: z.strictObject({ match: z.string(), rewrite: z.string() }).optional(),
  })
  .refine(({ uri, uriRegexRewrite }) => uri === undefined || uriRegexRewrite === undefined, {
    path: ['uri'],
    message: 'must not stand beside "uriRegexRewrite"',
  });

/** When and how requests are sent again. */
export const retries = z.strictObject({
  attempts: z.int().min(0).optional(),
  perTryTimeout: duration.optional(),
  retryOn: z.string().optional(),
  retryRemoteLocalities: z.boolean().optional(),
  retryIgnorePreviousHosts: z.boolean().optional(),
  backoff: duration.optional(),
});

/** Status codes of gRPC, each at its number. */
export const GRPC_STATUSES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

const fault = z.strictObject({
  delay: z
    .strictObject({
      fixedDelay: duration,
      percentage: percent.optional(),
      percent: z.int().min(0).max(100).optional(),
      exponentialDelay: unsupported(),
    })
    .optional(),
  abort: z
    .strictObject({
      httpStatus: z.int().min(200).max(599).optional(),
      grpcStatus: z.enum(GRPC_STATUSES).optional(),
      percentage: percent.optional(),
    })
    .refine(({ httpStatus, grpcStatus }) => (httpStatus === undefined) !== (grpcStatus === undefined), {
      message: 'must have one of "httpStatus", "grpcStatus"',
    })
    .optional(),
});

const corsPolicy = z.strictObject({
  allowOrigins: z.array(stringMatch).optional(),
  allowOrigin: z.array(z.string()).optional(),
  allowMethods: z.array(z.string()).optional(),
  allowHeaders: z.array(z.string()).optional(),
  exposeHeaders: z.array(z.string()).optional(),
  maxAge: duration.optional(),
  allowCredentials: z.boolean().optional(),
  unmatchedPreflights: z.enum(['UNSPECIFIED', 'FORWARD', 'IGNORE']).optional(),
});

const httpRoute = z
  .strictObject({
    name: z.string().optional(),
    match: z.array(httpMatch).optional(),
    route: z.array(routeDestination).optional(),
    redirect: redirect.optional(),
    directResponse: directResponse.optional(),
    /** Where the routes are that stand in place of this one. */
    delegate: z
      .strictObject({ name: z.string().min(1, 'must name a VirtualService'), namespace: z.string().optional() })
      .optional(),
    rewrite: rewrite.optional(),
    timeout: duration.optional(),
    retries: retries.optional(),
    fault: fault.optional(),
    mirror: destination.optional(),
    mirrors: z.array(z.strictObject({ destination, percentage: percent.optional() })).optional(),
    mirrorPercentage: percent.optional(),
    mirrorPercent: z.int().min(0).max(100).optional(),
    corsPolicy: corsPolicy.optional(),
    headers: headers.optional(),
  })
  .superRefine((route, context) => {
    for (const { path, message } of findRouteConflicts(route)) context.addIssue({ code: 'custom', path, message });
  });

/** What the layers below HTTP can be asked about a connection. */
const connectionMatch = {
  port: portNumber.optional(),
  sourceLabels: stringMap.optional(),
  sourceNamespace: z.string().optional(),
  gateways: z.array(z.string()).optional(),
  destinationSubnets: z.array(z.string()).optional(),
  sourceSubnet: unsupported(),
};

const tcpDestinations = z
  .array(z.strictObject({ destination, weight: z.int().min(0).optional() }))
  .min(1, 'must name a destination');

const tlsRoute = z.strictObject({
  match: z
    .array(
      z.strictObject({
        sniHosts: z.array(z.string()).min(1, 'must name at least one host'),
        ...connectionMatch,
      }),
    )
    .min(1, 'must have a match'),
  route: tcpDestinations,
});

const tcpMatch = z.strictObject(connectionMatch);

const tcpRoute = z.strictObject({ match: z.array(tcpMatch).optional(), route: tcpDestinations });

export const virtualServiceSchema = z.strictObject({
  apiVersion: networkingVersion,
  kind: z.literal('VirtualService'),
  metadata: objectMetadata,
  spec: z
    .strictObject({
      /** None: its routes are there for other VirtualServices to delegate to. */
      hosts: z.array(z.string()).default([]),
      gateways: z.array(z.string()).optional(),
      http: z.array(httpRoute).optional(),
      exportTo: z.array(z.string()).optional(),
      tls: z.array(tlsRoute).optional(),
      tcp: z.array(tcpRoute).optional(),
    })
    .superRefine((spec, context) => {
      for (const { path, message } of findConflicts(spec)) context.addIssue({ code: 'custom', path, message });
    }),
  status: unchecked,
});

interface RoutingParts {
  readonly hosts: readonly string[];
  readonly gateways?: readonly string[] | undefined;
  readonly http?: readonly { readonly delegate?: unknown }[] | undefined;
  readonly tls?: unknown;
  readonly tcp?: unknown;
}

function findConflicts(spec: RoutingParts): Conflict[] {
  return spec.hosts.length === 0 ? findDelegateConflicts(spec) : findHostConflicts(spec);
}

function findHostConflicts({ hosts, gateways = [] }: RoutingParts): Conflict[] {
  const isForMesh = gateways.length === 0 || gateways.includes('mesh');
  if (!isForMesh || !hosts.includes('*')) return [];
  return [{ path: ['hosts'], message: 'must not hold "*" when the VirtualService is for the mesh' }];
}

/** One without hosts has nothing but routes, and none that goes on to a third. */
function findDelegateConflicts({ gateways = [], http = [], tls, tcp }: RoutingParts): Conflict[] {
  const isAlone = gateways.length === 0 && tls === undefined && tcp === undefined && http.length > 0;
  if (!isAlone) return [{ path: ['hosts'], message: 'must name at least one host' }];
  return http.flatMap(({ delegate }, index) =>
    delegate === undefined
      ? []
      : [{ path: ['http', index, 'delegate'], message: 'must not stand in a VirtualService without hosts' }],
  );
}

export type StringMatch = z.output<typeof stringMatch>;
export type HttpMatch = z.output<typeof httpMatch>;
/** What a route asks about where a request or connection came in, and from whom. */
export type SourceMatch = Pick<HttpMatch, 'port' | 'sourceLabels' | 'sourceNamespace' | 'gateways'>;
export type TcpMatch = z.output<typeof tcpMatch>;
export type TcpDestination = z.output<typeof tcpDestinations>[number];
export type HttpRoute = z.output<typeof httpRoute>;
export type Destination = z.output<typeof destination>;
export type RouteDestination = z.output<typeof routeDestination>;
export type Headers = z.output<typeof headers>;
export type HeaderOperations = z.output<typeof headerOperations>;
export type Redirect = z.output<typeof redirect>;
export type DirectResponse = z.output<typeof directResponse>;
export type Retries = z.output<typeof retries>;
export type Fault = z.output<typeof fault>;
export type CorsPolicy = z.output<typeof corsPolicy>;
