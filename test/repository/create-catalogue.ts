import type { Scenario } from '#harness/scenario.ts';

/** A row of `docs/reference/gateways.md` section 9. */
export interface KnownFailure {
  /** `B22` */
  readonly id: string;
  /** The title of its table: `Signing`. */
  readonly family: string;
  readonly reference: string;
  readonly symptom: string;
  readonly cause: string;
  readonly wayOut: string;
}

export interface CatalogueContent {
  readonly failures: readonly KnownFailure[];
  readonly scenarios: readonly Scenario[];
  /** Why a row has no scenario, by its id. */
  readonly exceptions: Readonly<Record<string, string>>;
}

/** Reads the tables of section 9; a cell ends at a `|` that no backslash precedes. */
export function readKnownFailures(reference: string): KnownFailure[] {
  const failures: KnownFailure[] = [];
  let family = '';
  for (const line of reference.split('\n')) {
    family = /^### 9\.\d+ (.*)$/.exec(line)?.[1] ?? family;
    if (!/^\| B\d\d \|/.test(line)) continue;
    const [, id = '', source = '', symptom = '', cause = '', wayOut = ''] = line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    failures.push({ id, family, reference: source, symptom, cause, wayOut });
  }
  return failures;
}

/** `docs/catalogue.md`: every known failure with the scenarios that reproduce it, then the scenarios of other origin. */
export function createCatalogue({ failures, scenarios, exceptions }: CatalogueContent): string {
  const families = [...new Set(failures.map(({ family }) => family))];
  const tables = families.map((family) => {
    const rows = failures
      .filter((failure) => failure.family === family)
      .map((failure) => [
        failure.id,
        failure.reference,
        failure.symptom,
        failure.cause,
        failure.wayOut,
        describeReproduction(failure, { failures, scenarios, exceptions }),
      ]);
    return `## ${family}\n\n${createTable(['id', 'reported', 'symptom', 'cause', 'way out', 'reproduced by'], rows)}`;
  });
  const others = scenarios.filter(({ tags }) => !failures.some(({ id }) => tags.includes(id)));
  const otherRows = others.map((scenario) => [link(scenario), scenario.title, scenario.source.join(', ')]);
  return `${[
    '# Catalogue of known failures',
    `What users of Envoy and Istio reported, and the scenario that fails for the reported reason and passes with the reported fix.
\`meshrig list --tag B22\` finds the scenarios of a row, \`make scenario NAME=...\` runs one, and \`WITHOUT=fix\` shows it fail.
This page is generated from the scenario files and [the reference](reference/gateways.md), section 9: \`npm run catalogue\`.`,
    ...tables,
    `## Scenarios of other origin\n\n${createTable(['scenario', 'what happens', 'source'], otherRows)}`,
  ].join('\n\n')}\n`;
}

function describeReproduction({ id }: KnownFailure, { scenarios, exceptions }: CatalogueContent): string {
  const found = scenarios.filter(({ tags }) => tags.includes(id)).map(link);
  const exception = exceptions[id];
  return [...found, ...(exception === undefined ? [] : [exception])].join(', ');
}

function link({ name }: Scenario): string {
  return `[${name}](../scenarios/${name}.ts)`;
}

function createTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
