import { awsLambda } from './cases/aws-lambda.ts';
import { connectionManager } from './cases/connection-manager.ts';
import { cors } from './cases/cors.ts';
import { endpoints } from './cases/endpoints.ts';
import { failures } from './cases/failures.ts';
import { grpc } from './cases/grpc.ts';
import { headerOperations } from './cases/header-operations.ts';
import { hopByHop } from './cases/hop-by-hop.ts';
import { http2 } from './cases/http2.ts';
import { malformed } from './cases/malformed.ts';
import { mirroring } from './cases/mirroring.ts';
import { redirects } from './cases/redirects.ts';
import { rewrites } from './cases/rewrites.ts';
import { routeMatching } from './cases/route-matching.ts';
import { sizes } from './cases/sizes.ts';
import { tls } from './cases/tls.ts';
import { tlsVerification } from './cases/tls-verification.ts';
import { trailers } from './cases/trailers.ts';
import { upstreamFilters } from './cases/upstream-filters.ts';
import type { Suite } from './types.ts';

/** Everything that is asked of both proxies, in the order of docs/conformance.md. */
export const SUITES: readonly Suite[] = [
  routeMatching,
  redirects,
  rewrites,
  headerOperations,
  connectionManager,
  hopByHop,
  failures,
  endpoints,
  grpc,
  http2,
  tls,
  tlsVerification,
  malformed,
  awsLambda,
  upstreamFilters,
  trailers,
  sizes,
  cors,
  mirroring,
];
