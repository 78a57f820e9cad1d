import { ComparisonFilter_Op as Op, type AccessLogFilter, type ComparisonFilter } from '#xds/generated/messages.js';
import { ConfigError } from '../config-error.ts';
import { compileHeaderMatcher } from '../routing/header-matcher.ts';
import type { SubstitutionInput } from '../routing/substitution-format.ts';

/** Whether a request that is over, or an answer of the proxy's own, is meant. */
export type AccessLogPredicate = (input: SubstitutionInput) => boolean;

/** @throws ConfigError that names a kind of filter which this proxy has not */
export function compileAccessLogFilter({ filterSpecifier: filter }: AccessLogFilter): AccessLogPredicate {
  switch (filter.case) {
    case 'statusCodeFilter':
      return compileComparison(filter.value.comparison, ({ outcome }) => outcome?.status ?? 0);
    case 'durationFilter':
      return compileComparison(filter.value.comparison, ({ outcome }) => outcome?.durationMs ?? 0);
    case 'responseFlagFilter':
      return compileFlags(new Set(filter.value.flags));
    case 'headerFilter': {
      if (filter.value.header === undefined) throw new ConfigError('header_filter: header is required');
      const matches = compileHeaderMatcher(filter.value.header);
      return ({ headers }) => matches(headers);
    }
    case 'andFilter': {
      const all = filter.value.filters.map(compileAccessLogFilter);
      return (input) => all.every((matches) => matches(input));
    }
    case 'orFilter': {
      const any = filter.value.filters.map(compileAccessLogFilter);
      return (input) => any.some((matches) => matches(input));
    }
    // No health check is answered here.
    case 'notHealthCheckFilter':
      return () => true;
    default:
      throw new ConfigError(`access log filter ${filter.case ?? 'without a kind'} is not supported`);
  }
}

function compileComparison(
  comparison: ComparisonFilter | undefined,
  read: (input: SubstitutionInput) => number,
): AccessLogPredicate {
  const limit = comparison?.value?.defaultValue ?? 0;
  switch (comparison?.op) {
    case Op.GE:
      return (input) => read(input) >= limit;
    case Op.LE:
      return (input) => read(input) <= limit;
    default:
      return (input) => read(input) === limit;
  }
}

/** No flags mean any. */
function compileFlags(wanted: ReadonlySet<string>): AccessLogPredicate {
  return ({ outcome }) => {
    const flags = outcome?.flags ?? '-';
    if (flags === '-') return false;
    return wanted.size === 0 || flags.split(',').some((flag) => wanted.has(flag));
  };
}
