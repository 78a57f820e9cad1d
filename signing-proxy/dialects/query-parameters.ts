/** One parameter of a query, as on the wire. */
export interface QueryParameter {
  readonly name: string;
  readonly value: string;
}

/** Splits at `&`, drops empty pieces, then splits once at `=`; a missing value is empty (gateways.md 2.5). */
export function splitQuery(query: string): QueryParameter[] {
  return query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const end = parameter.indexOf('=');
      return end < 0
        ? { name: parameter, value: '' }
        : { name: parameter.slice(0, end), value: parameter.slice(end + 1) };
    });
}

/** By name, then by value, in byte order. */
export function compareParameters(a: QueryParameter, b: QueryParameter): number {
  return compareText(a.name, b.name) || compareText(a.value, b.value);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
