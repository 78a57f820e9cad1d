/** `Action` or `NotAction`, `Resource` or `NotResource`: patterns, and whether they are what is left out. */
export interface PatternRule {
  readonly isNegated: boolean;
  readonly patterns: readonly string[];
}

/** One entry of a `Principal` element; `*` of type `AWS` is everybody. */
export interface PrincipalPattern {
  readonly type: 'AWS' | 'Federated' | 'Service' | 'CanonicalUser';
  readonly value: string;
}

export interface PrincipalRule {
  readonly isNegated: boolean;
  readonly principals: readonly PrincipalPattern[];
}

/** One key of one operator's block; its values are alternatives. */
export interface PolicyCondition {
  /** `StringEquals`, without set prefix and `IfExists`. */
  readonly operator: string;
  readonly set: 'ForAnyValue' | 'ForAllValues' | undefined;
  readonly ifExists: boolean;
  /** Lower case: names of condition keys are compared so (aws.md 4.8). */
  readonly key: string;
  readonly values: readonly string[];
}

export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly principal: PrincipalRule | undefined;
  readonly action: PatternRule;
  /** Undefined in a trust policy. */
  readonly resource: PatternRule | undefined;
  readonly conditions: readonly PolicyCondition[];
}

/** A policy document, read and checked. */
export interface Policy {
  /** As it was sent. */
  readonly text: string;
  /** Policy variables work from version 2012-10-17 on. */
  readonly hasVariables: boolean;
  readonly statements: readonly PolicyStatement[];
}

/** Condition keys of a request, in lower case. A key with several values is a list. */
export type PolicyContext = ReadonlyMap<string, string | readonly string[]>;

/** Who asks, in the forms a `Principal` element may name. */
export interface AskingPrincipal {
  readonly type: PrincipalPattern['type'];
  /** ARNs (a session's own and its role's), account id, service or provider name. */
  readonly names: readonly string[];
}

/** What is asked of a policy. */
export interface PolicyRequest {
  readonly action: string;
  /** Undefined for trust policies, which are about one role. */
  readonly resource: string | undefined;
  /** Needed by policies that name principals. */
  readonly principal?: AskingPrincipal;
  readonly context: PolicyContext;
}
