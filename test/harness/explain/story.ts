import { redactRequestHead, type RequestHead } from '#core/http-message.ts';
import { createTimeline, type Timeline, type TimelineEvent } from '#core/timeline.ts';
import { applyEdge } from '#mock-aws/edge/apply-edge.ts';
import { hideSessionToken } from '#mock-aws/sigv4/hide-session-token.ts';
import { SigningKeyCache } from '#mock-aws/sigv4/signing-key.ts';
import type { ReceivedRequest } from '#mock-aws/sigv4/types.ts';
import { verifyRequest } from '#mock-aws/sigv4/verify.ts';
import { KEY_ID, NOW, SECRET } from './sign-request.ts';

export interface Story {
  /** What the gateway's proxy signed; absent when it signed nothing. */
  readonly signed?: ReceivedRequest;
  /** What it sent. Default: what it signed. */
  readonly sent?: ReceivedRequest;
  /** What a second proxy made of it; absent when there is none. */
  readonly passedOn?: ReceivedRequest;
  /** What arrives. Default: what was sent last. */
  readonly received?: ReceivedRequest;
  readonly leftUnsigned?: string;
  /** The secret the verifier has; undefined when it knows no such key. */
  readonly verifierSecret?: string | undefined;
  readonly isKeyActive?: boolean;
  readonly sessionToken?: string;
  readonly region?: string;
  /** Told before everything else. */
  readonly before?: (timeline: Timeline) => void;
}

const CALLER_HEAD: RequestHead = {
  method: 'GET',
  target: '/cat',
  httpVersion: '1.1',
  headers: ['Host', 'r1.example.com:9080', 'User-Agent', 'curl/7.69.1', 'Accept', '*/*'],
};

export const AWS_REQUEST_ID = '7a1f3c1e-0000-4000-8000-000000000001';

/** The events of one call through a port-forward, one or two proxies, AWS's edge and its verifier, judged for real. */
export function tellStory(story: Story): readonly TimelineEvent[] {
  const timeline = createTimeline({ now: () => NOW });
  story.before?.(timeline);
  const signer = 'proxy "ingress"';
  const sent = story.sent ?? story.signed ?? story.received;
  if (sent === undefined) throw new TypeError('A story sends something');
  tellForward(timeline);
  tellSigning(timeline, story, signer);
  timeline.emit({
    type: 'hop',
    source: signer,
    hop: 'ingress',
    kind: 'proxy',
    received: { ...CALLER_HEAD, headers: [...CALLER_HEAD.headers, 'x-request-id', 'a-1'] },
    sent: headOf(sent),
    route: 'cat',
    changes: [],
  });
  if (story.passedOn !== undefined) {
    timeline.emit({
      type: 'hop',
      source: 'proxy "egress"',
      hop: 'egress',
      kind: 'proxy',
      received: headOf(sent),
      sent: headOf(story.passedOn),
      changes: [],
    });
  }
  tellVerdict(timeline, story.received ?? story.passedOn ?? sent, story);
  return timeline.events();
}

function tellForward(timeline: Timeline): void {
  timeline.emit({
    type: 'hop',
    source: 'port-forward',
    hop: 'port-forward 9080 -> ingress:80',
    kind: 'port-forward',
    received: CALLER_HEAD,
    sent: CALLER_HEAD,
    changes: [],
  });
}

function tellSigning(timeline: Timeline, story: Story, source: string): void {
  const { signed, leftUnsigned } = story;
  const filter = 'aws_lambda';
  if (leftUnsigned !== undefined) {
    timeline.emit({ type: 'left-unsigned', source, filter, reason: leftUnsigned, requestId: 'a-1' });
  }
  if (signed === undefined) return;
  // What was signed is what a verifier without an edge would compute.
  const { canonicalRequest, stringToSign, signedHeaders } = verify(signed, { ...story, verifierSecret: 'any' });
  timeline.emit({
    type: 'signed',
    source,
    filter,
    dialect: 'envoy-1.19',
    request: headOf(signed),
    canonicalRequest: hideSessionToken(canonicalRequest ?? ''),
    stringToSign: stringToSign ?? '',
    signedHeaders: signedHeaders ?? [],
    accessKeyId: KEY_ID,
    requestId: 'a-1',
  });
}

function tellVerdict(timeline: Timeline, received: ReceivedRequest, story: Story): void {
  const edge = applyEdge(received, { service: 'lambda', hostPolicy: 'aws', frontEnd: 'warn' });
  const verdict = verify(edge.request, story);
  timeline.emit({
    type: 'verdict',
    source: 'mock-aws',
    service: 'lambda',
    awsRequestId: AWS_REQUEST_ID,
    received: headOf(received),
    checked: headOf(edge.request),
    edgeChanges: edge.changes,
    accepted: verdict.accepted,
    status: verdict.accepted ? 200 : verdict.status,
    ...(verdict.accepted || verdict.code === undefined ? {} : { code: verdict.code }),
    ...(verdict.accessKeyId === undefined ? {} : { accessKeyId: verdict.accessKeyId }),
    ...(verdict.canonicalRequest === undefined ? {} : { canonicalRequest: hideSessionToken(verdict.canonicalRequest) }),
    ...(verdict.stringToSign === undefined ? {} : { stringToSign: verdict.stringToSign }),
  });
  timeline.emit({
    type: 'call',
    source: 'curl',
    call: 1,
    request: CALLER_HEAD,
    to: '127.0.0.1:9080',
    response: { status: 403, headers: ['x-amzn-RequestId', AWS_REQUEST_ID] },
  });
}

function verify(
  request: ReceivedRequest,
  story: Pick<Story, 'verifierSecret' | 'isKeyActive' | 'region' | 'sessionToken'>,
) {
  const secretAccessKey = 'verifierSecret' in story ? story.verifierSecret : SECRET;
  return verifyRequest(request, {
    service: 'lambda',
    region: story.region ?? 'us-east-1',
    now: NOW,
    windowMinutes: 5,
    family: 'rest-json',
    pathRule: 'normalized',
    signingKeys: new SigningKeyCache(),
    findAccessKey: (accessKeyId) =>
      secretAccessKey === undefined
        ? undefined
        : {
            accessKeyId,
            secretAccessKey,
            isActive: story.isKeyActive ?? true,
            ...(story.sessionToken === undefined ? {} : { sessionToken: story.sessionToken }),
            principal: { arn: '', accountId: '', userId: '' },
          },
  });
}

function headOf(request: ReceivedRequest): RequestHead {
  return redactRequestHead(request);
}
