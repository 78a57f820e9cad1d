const { getModule } = require('./running-program.cjs');

const words = getModule('fixtures');
exports.kustomization = words.kustomization;
exports.manifest = words.manifest;
exports.tableLines = words.tableLines;
exports.lambdaFunction = words.lambdaFunction;
exports.pythonFunction = words.pythonFunction;
exports.accessKeySecret = words.accessKeySecret;
exports.namespace = words.namespace;
exports.genericSecret = words.genericSecret;
