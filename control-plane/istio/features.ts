import { isAtLeast } from './version.ts';

/** Switches of istiod that change what proxies get, set by its environment (istio pilot/pkg/features/pilot.go). */
export interface Features {
  /** Gateways get clusters only for hosts that VirtualServices bound to them name. */
  readonly filtersGatewayClusters: boolean;
  /** Upstream certificates are checked against the authorities of the operating system where no others are named. */
  readonly verifiesCertificates: boolean;
  /** A TLS connection whose SNI nobody set carries the host that is called. */
  readonly setsSni: boolean;
}

/** Reads istiod's environment; what is not set has the default of its version. */
export function readFeatures(istioVersion: string, environment: Readonly<Record<string, string>> = {}): Features {
  const isOn = (name: string, otherwise: boolean): boolean => {
    const value = environment[name];
    return value === undefined ? otherwise : /^(1|t|true)$/i.test(value);
  };
  const isStrict = isAtLeast(istioVersion, '1.21');
  return {
    filtersGatewayClusters: isOn('PILOT_FILTER_GATEWAY_CLUSTER_CONFIG', false),
    verifiesCertificates: isOn('VERIFY_CERTIFICATE_AT_CLIENT', isStrict),
    setsSni: isOn('ENABLE_AUTO_SNI', isStrict),
  };
}
