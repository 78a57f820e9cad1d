import { pathToFileURL } from 'node:url';

/**
 * Imports the module in a file that is named at run time: a scenario, the code of a function. `bin/load-program.js` puts one in
 * its place that knows the modules of the bundle.
 */
export async function importFile(file: string): Promise<unknown> {
  return (await import(pathToFileURL(file).href)) as unknown;
}
