/** A module of the program that runs this file's importer (`bin/load-program.js`). */
exports.getModule = (name) => {
  const modules = globalThis[Symbol.for('meshrig.modules')];
  if (modules !== undefined) return modules[name];
  throw new Error(`"meshrig/${name}" is there for scenarios: run them with "meshrig run --scenarios DIR"`);
};
