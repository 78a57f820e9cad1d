import { MeshrigError, type SourceLocation } from '#core/errors.ts';

/** One mistake in a manifest, with the place where the user wrote it. */
export interface ManifestProblem {
  readonly location: SourceLocation;
  /** The fact: `unknown field "perTryTimout" in "retries"`. */
  readonly text: string;
}

/**
 * Manifests that hold mistakes. Every mistake of every file is listed, so that one run shows them all.
 *
 * `message` is the whole text as a terminal shows it (`ux.md`, "A mistake in a file"); `location` is the first mistake's.
 */
export class ManifestError extends MeshrigError {
  readonly problems: readonly ManifestProblem[];

  constructor(problems: readonly [ManifestProblem, ...ManifestProblem[]]) {
    super('INVALID_MANIFEST', problems.map(formatProblem).join('\n'), { location: problems[0].location });
    this.name = 'ManifestError';
    this.problems = problems;
  }
}

/** Throws the mistakes that were collected, if there are any. */
export function throwProblems(problems: readonly ManifestProblem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new ManifestError([first, ...rest]);
}

function formatProblem({ location, text }: ManifestProblem): string {
  const headline = `${location.file}:${location.line}:${location.column}  ${text}`;
  return location.snippet === undefined ? headline : `${headline}\n${location.snippet}`;
}
