/** Whether every name that `host` stands for is one that `other` stands for: `*.a.com` of `*.com`, anything of `*`. */
export function isSubsetOf(host: string, other: string): boolean {
  if (!other.startsWith('*')) return host === other;
  const suffix = other.slice(1);
  const name = host.startsWith('*') ? host.slice(1) : host;
  return name.length >= suffix.length && name.endsWith(suffix);
}

/** The names that both lists stand for, each in its narrower form (istio pkg/config/host, Names.Intersection). */
export function intersectHosts(hosts: readonly string[], others: readonly string[]): string[] {
  const common = hosts.flatMap((host) =>
    others.flatMap((other) => {
      if (isSubsetOf(host, other)) return [host];
      return isSubsetOf(other, host) ? [other] : [];
    }),
  );
  return [...new Set(common)];
}

/**
 * The hosts of a Gateway server that are open to VirtualServices of a namespace: `namespace/host` names whose, `./host`
 * means the Gateway's own, `*` all.
 */
export function hostsForNamespace(hosts: readonly string[], namespace: string, gatewayNamespace: string): string[] {
  return hosts.flatMap((written) => {
    const [first = '', second] = written.split('/');
    if (second === undefined) return [first];
    const owner = first === '.' ? gatewayNamespace : first;
    return owner === '*' || owner === namespace ? [second] : [];
  });
}
