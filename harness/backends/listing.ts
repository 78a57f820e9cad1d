/** The rows of a command that prints a table, and the table: `expect(listing.table).toBe(...)`. */
export class Listing<Row> extends Array<Row> {
  readonly #table: string;

  /** Derived lists, such as of `map`, are ordinary arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  constructor(rows: readonly Row[], table: string) {
    super();
    this.push(...rows);
    this.#table = table;
  }

  /** The lines as the command prints them, each with its newline. */
  get table(): string {
    return this.#table;
  }

  /** The same without the spaces at the ends of lines, which documents that show tables rarely keep. */
  get lines(): readonly string[] {
    return this.#table.trimEnd().split(/ *\n/);
  }
}
