import { create } from '@bufbuild/protobuf';
import {
  CertificateValidationContextSchema,
  TlsCertificateSchema,
  type DataSource,
  DataSourceSchema,
} from '#xds/generated/messages.js';
import { compileCertificate, compileValidation } from './compile-secret.ts';
import type { CompiledSecret } from './types.ts';

/** Secrets that never come from the control plane: what the Istio agent answers beside Envoy (xds.md 3.4). */
export interface LocalSecrets {
  /** @throws ConfigError when the material is there but cannot be used */
  find(name: string): CompiledSecret | undefined;
  /** Tells that secrets may have changed. */
  onChange(listener: () => void): Disposable;
}

/** The identity of a workload and the root of its mesh, PEM. */
export interface WorkloadMaterial {
  readonly chainPem: string;
  readonly privateKeyPem: string;
  readonly rootPem: string;
}

/** Local secrets whose workload identity can be renewed. */
export interface WorkloadSecrets extends LocalSecrets {
  /** Takes new material for handshakes from now on. */
  renew(material: WorkloadMaterial): void;
}

/** Answers `default`, `ROOTCA` and `file-root:system`. */
export function createLocalSecrets(material?: WorkloadMaterial): WorkloadSecrets {
  const listeners = new Set<() => void>();
  let workload = material && createWorkload(material);
  return {
    find(name) {
      if (name === 'default') return workload?.identity();
      if (name === 'ROOTCA') return workload?.root();
      if (name === 'file-root:system') return systemRoots();
      return undefined;
    },
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    renew(next) {
      workload = createWorkload(next);
      for (const listener of listeners) listener();
    },
  };
}

interface Workload {
  readonly identity: () => CompiledSecret;
  readonly root: () => CompiledSecret;
}

/** Every listener and cluster of the mesh asks for the same two secrets, so they are read once. */
function createWorkload({ chainPem, privateKeyPem, rootPem }: WorkloadMaterial): Workload {
  let identity: CompiledSecret | undefined;
  let trusted: CompiledSecret | undefined;
  return {
    identity: () => (identity ??= certificate(inline(chainPem), inline(privateKeyPem))),
    root: () => (trusted ??= root(inline(rootPem))),
  };
}

function systemRoots(): CompiledSecret {
  return compileValidation(create(CertificateValidationContextSchema, { systemRootCerts: {} }));
}

function certificate(certificateChain: DataSource, privateKey: DataSource): CompiledSecret {
  return compileCertificate(create(TlsCertificateSchema, { certificateChain, privateKey }));
}

function root(trustedCa: DataSource): CompiledSecret {
  return compileValidation(create(CertificateValidationContextSchema, { trustedCa }));
}

function inline(pem: string): DataSource {
  return create(DataSourceSchema, { specifier: { case: 'inlineString', value: pem } });
}
